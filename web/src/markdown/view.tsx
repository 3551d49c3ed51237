// SPDX-License-Identifier: MIT
// A Markdown text on the page, drawn block by block: a block whose text did not change is not touched.
import { Component } from 'preact';
import { useRef } from 'preact/hooks';
import { Blocks } from './blocks';
import { html_of } from './render';

class Block extends Component<{ text: string }> {
  override shouldComponentUpdate(next: { text: string }): boolean {
    return next.text !== this.props.text;
  }

  override render() {
    return <div class="block" dangerouslySetInnerHTML={{ __html: html_of(this.props.text) }} />;
  }
}

export function Markdown({ text }: { text: string }) {
  const blocks = useRef<Blocks | null>(null);
  blocks.current ??= new Blocks();
  return (
    <div class="markdown" dir="auto">
      {blocks.current.update(text).map((block, at) => (
        <Block key={at} text={block} />
      ))}
    </div>
  );
}
