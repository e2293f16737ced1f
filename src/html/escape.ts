/** Text as content of an HTML or SVG element, or within a quoted attribute. What XML forbids (most control characters, lone surrogates) is shown as U+FFFD. */
export function escaped(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- these are what is looked for
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Surrogate}]/gu, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;')
  );
}

/** As JSON that cannot end the HTML element that contains it. */
export function inlined(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
