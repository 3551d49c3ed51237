// SPDX-License-Identifier: MIT
// Where in a sentence the value stands, however it is written there: other case, a number with or without its country. Pure.

export interface Quoted {
  before: string;
  value: string;
  after: string;
}

function cut(quote: string, start: number, length: number): Quoted {
  return { before: quote.slice(0, start), value: quote.slice(start, start + length), after: quote.slice(start + length) };
}

/** A number may lack its country's one to three digits in the sentence. */
function number_in(quote: string, digits: string): Quoted | null {
  for (let dropped = 0; dropped <= 3 && digits.length - dropped >= 6; dropped++) {
    const spelled = [...digits.slice(dropped)].join('[^\\p{L}\\p{Nd}]{0,3}');
    const found = new RegExp(`\\+?\\(?${spelled}`, 'u').exec(quote);
    if (found) return cut(quote, found.index, found[0].length);
  }
  return null;
}

/** The sentence around the value; all of it before when the value is not in it word for word. */
export function quoted(quote: string, value: string): Quoted {
  const at = value ? quote.toLowerCase().indexOf(value.toLowerCase()) : -1;
  if (at >= 0 && quote.toLowerCase().length === quote.length) return cut(quote, at, value.length);
  const digits = value.replace(/[\s()+./-]/g, '');
  return (/^\d+$/.test(digits) && number_in(quote, digits)) || { before: quote, value: '', after: '' };
}
