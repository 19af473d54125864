import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkout, programPath } from '../../lab/stack/folders.ts';

/** Around what is printed goes what a proxy needs to run in a folder of its own; `ADDRESS` is the issuer's. */
const proxies = {
  nginx: {
    command: 'nginx -p "$here" -c "$here/running.conf"',
    configuration: (printed: string) => `
      daemon off; user root; pid nginx.pid; error_log stderr; events {}
      http {
        access_log off;
        ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`).join(' ')}
        ${printed.replace('listen [::]:443 ssl;', '').replace('listen 443 ssl;', 'listen ADDRESS ssl;')}
      }`,
  },
  haproxy: {
    command: 'haproxy -db -f "$here/running.conf"',
    configuration: (printed: string) => printed.replace(':::443 v4v6', 'ADDRESS'),
  },
};
export type Proxy = keyof typeof proxies;

/** What docs/operations.md prints for a program. */
function printedFor(program: string): string {
  const page = readFileSync(path.join(checkout, 'docs/operations.md'), 'utf8');
  const [, printed] = new RegExp(`^\`\`\`${program}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(page) ?? [];
  if (printed === undefined) throw new Error(`docs/operations.md has no block for ${program}`);
  return printed;
}

/**
 * A `postern-server` whose `start` puts a real proxy at the issuer's address and the server behind it, both configured
 * as docs/operations.md prints it.
 */
export class ProxiedServer {
  readonly program: string;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'pst-px-'));

  constructor(proxy: Proxy) {
    this.program = path.join(this.#folder, 'postern-server');
    this.trust('127.0.0.1,::1');
    this.use(proxy);
  }

  /** From the next start on. */
  use(proxy: Proxy): void {
    const { command, configuration } = proxies[proxy];
    const live = '/etc/letsencrypt/live/vpn.example.com';
    const text = configuration(printedFor(proxy))
      .replace(`${live}/fullchain.pem`, 'FILES/server.pem')
      .replace(`${live}/privkey.pem`, 'FILES/server.key')
      .replace('/etc/haproxy/vpn.example.com.pem', 'FILES/both.pem');
    writeFileSync(path.join(this.#folder, 'proxy.conf'), text);
    // The server takes the place of the shell: with it, the proxy ends.
    writeFileSync(
      this.program,
      `#!/bin/sh
      set -eu
      here='${this.#folder}'
      if [ "$1" = start ]; then
        files=$(dirname "$3")
        cat "$files/server.pem" "$files/server.key" >"$files/both.pem"
        address=$(sed -n 's|^issuer = "https://\\(.*\\)"$|\\1|p' "$3")
        sed -e "s|ADDRESS|$address|" -e "s|FILES|$files|" "$here/proxy.conf" >"$here/running.conf"
        setpriv --pdeathsig TERM ${command} &
        . "$here/settings"
      fi
      exec '${programPath('server')}' "$@"\n`,
      { mode: 0o755 },
    );
  }

  /** Whose headers the server believes from the next start on; '': nobody's. */
  trust(proxies: string): void {
    const listen = 'POSTERN_LISTEN_HOST=127.0.0.1 POSTERN_LISTEN_PORT=8443';
    writeFileSync(
      path.join(this.#folder, 'settings'),
      `export ${listen} POSTERN_TRUSTED_PROXIES=${proxies}\n`,
    );
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
