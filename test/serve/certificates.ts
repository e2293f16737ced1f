import { execFileSync } from 'node:child_process';
import path from 'node:path';

/** Files of an authority, of a server and a client that it certified, and of a client of another authority. */
export interface Certificates {
  readonly authority: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
  readonly stranger: { readonly cert: string; readonly key: string };
}

/** Makes them by openssl. */
export function makeCertificates(folder: string): Certificates {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const file = (name: string) => path.join(folder, name);
  const authority = (name: string) =>
    openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`],
    );
  const certified = (name: string, by: string) => {
    openssl(
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`],
      ...['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-keyout', `${name}.key`, '-out', `${name}.csr`],
    );
    openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial'],
      ...['-days', '2', '-copy_extensions', 'copy', '-out', `${name}.pem`],
    );
    return { cert: file(`${name}.pem`), key: file(`${name}.key`) };
  };
  authority('authority');
  authority('other');
  return {
    authority: file('authority.pem'),
    server: certified('server', 'authority'),
    client: certified('client', 'authority'),
    stranger: certified('stranger', 'other'),
  };
}
