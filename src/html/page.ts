/** What a page is made of: HTML, but for the style and the scripts. */
export interface PageParts {
  readonly title: string;
  readonly style: string;
  readonly body: string;
  /** Run after the body, in this order. */
  readonly scripts: readonly string[];
}

/** A whole HTML page that loads nothing from elsewhere. */
export function htmlPage({ title, style, body, scripts }: PageParts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
${body}
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;
}
