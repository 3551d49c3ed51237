// SPDX-License-Identifier: MIT
// Markdown to clean HTML. Whoever wrote the text (a model, a stranger) decides nothing about the page: everything is
// sanitised, links carry no opener, pictures become links, raw styles and forms are dropped.
import DOMPurify from 'dompurify';
import { Marked } from 'marked';

const escaped = (text: string) =>
  text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ href, text }) => `<a href="${escaped(href)}">${escaped(text || 'picture')}</a>`,
  },
});

const allowed = {
  ALLOWED_TAGS: [
    'a', 'blockquote', 'br', 'code', 'del', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'li', 'ol', 'p', 'pre',
    'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul',
  ],
  ALLOWED_ATTR: ['href', 'start', 'align', 'rel', 'target', 'tabindex'],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto|tel):/i,
};

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName === 'A') {
    node.setAttribute('rel', 'noopener noreferrer nofollow');
    node.setAttribute('target', '_blank');
  }
  // What scrolls sideways must be reachable by keyboard.
  if (node.tagName === 'PRE') node.setAttribute('tabindex', '0');
});

export function html_of(markdown: string): string {
  return DOMPurify.sanitize(marked.parse(markdown, { async: false }), allowed);
}
