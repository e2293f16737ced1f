import fc from 'fast-check';
import { escaped, inlined } from '../../src/html/escape';
import { parsed } from './parsed';

const printable = fc.oneof(
  fc.string(),
  fc.stringMatching(/^[<>&"'/=!\- a-z]{0,30}$/),
  fc.constantFrom(
    '</script><script>alert(1)</script>',
    '<!--',
    ']]>',
    '"><img src=x onerror=alert(1)>',
    '&lt;',
    '&amp',
  ),
);
const hostile = fc.oneof(fc.string({ unit: 'binary' }), printable);

test('escaped text makes no element and no attribute', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const page = parsed(`<!doctype html><body><p title="${escaped(text)}">${escaped(text)}</p>`);
      expect(page.elements.map(({ name }) => name)).toEqual(['html', 'head', 'body', 'p']);
      expect(Object.keys(page.all('p')[0]!.attributes)).toEqual(['title']);
    }),
  );
});

test('escaped text is read back, as content and as an attribute', () => {
  fc.assert(
    fc.property(printable, (text) => {
      const [p] = parsed(`<!doctype html><body><p title="${escaped(text)}">${escaped(text)}</p>`).all('p');
      expect(p!.text).toBe(text);
      expect(p!.attributes.title).toBe(text);
    }),
  );
});

test('what XML forbids is shown as a sign of its own', () => {
  expect(escaped('a\u0000b\u001fc\ud800d\ttab\n')).toBe('a\ufffdb\ufffdc\ufffdd\ttab\n');
});

test('JSON in a script is read back', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const page = parsed(`<!doctype html><script type="application/json">${inlined([text])}</script><p>`);
      expect(JSON.parse(page.all('script')[0]!.text)).toEqual([text]);
      expect(page.elements.map(({ name }) => name)).toEqual(['html', 'head', 'script', 'body', 'p']);
    }),
  );
});
