// A registry of packages on this machine: `node registry.mjs <folder>` serves the tarballs that packages.json in the folder lists,
// as [{ manifest, tarball }], and prints its address.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const folder = process.argv[2];
const packages = JSON.parse(fs.readFileSync(path.join(folder, 'packages.json'), 'utf8'));

const server = http.createServer(({ url, headers }, response) => {
  const asked = decodeURIComponent(url.slice(1));
  if (asked.startsWith('tarballs/')) {
    return response.end(fs.readFileSync(path.join(folder, path.basename(asked))));
  }
  const found = packages.find(({ manifest }) => manifest.name === asked);
  if (!found) return response.writeHead(404).end('{}');
  const { manifest, tarball } = found;
  const { name, version } = manifest;
  const dist = { tarball: `http://${headers.host}/tarballs/${tarball}` };
  const versions = { [version]: { ...manifest, dist } };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
});
server.listen(0, 'localhost', () => console.log(`http://localhost:${server.address().port}`));
