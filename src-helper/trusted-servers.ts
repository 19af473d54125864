import { readFileSync, statSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomic } from '../src-node/atomic-file.ts';
import { parseJson } from '../src-shared/parse-json.ts';
import { fail, ok, type Result } from '../src-shared/problem.ts';
import { formatServerKey, type ServerKey, trustedServersSchema } from '../src-shared/server-key.ts';

/** Letters that mean nothing to a shell or a terminal: the issuer ends up in a line that a person pastes as root. */
const PLAIN_ISSUER = /^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[A-Za-z0-9._~/-]*)?$/;

export function isPlainIssuer(issuer: string): boolean {
  return issuer.length <= 300 && PLAIN_ISSUER.test(issuer) && URL.canParse(issuer);
}

/** The line that an administrator runs to trust this server. Only for issuers that `isPlainIssuer` accepts. */
export function trustCommand(server: ServerKey): string {
  return `sudo postern-helper trust '${formatServerKey(server)}'`;
}

/** The servers that root trusts on this computer, in a file that only root can write. */
export class TrustedServers {
  readonly #path: string;
  readonly #ownerUid: number;
  #seen = '';
  #servers: ServerKey[] = [];

  /** `ownerUid`: who must own the file, 0 but for tests. */
  constructor(path: string, ownerUid = 0) {
    this.#path = path;
    this.#ownerUid = ownerUid;
  }

  /** Reads the file again when it has changed. A file that others could have written, or that is broken, is refused. */
  list(): Result<readonly ServerKey[]> {
    const stat = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (!stat) {
      this.#seen = '';
      return ok([]);
    }
    if (stat.uid !== BigInt(this.#ownerUid) || (stat.mode & 0o022n) !== 0n) {
      return fail('untrusted-server', `${this.#path} must belong to root and be writable by root alone.`);
    }
    const seen = `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
    if (seen === this.#seen) return ok(this.#servers);
    const parsed = parseFile(readFileSync(this.#path, 'utf8'));
    if (!parsed) return fail('untrusted-server', `${this.#path} is not a list of trusted servers.`);
    this.#seen = seen;
    this.#servers = parsed;
    return ok(parsed);
  }

  /** Adds a server; a key that its issuer had before is replaced. The file is readable by everyone (0644). */
  async trust(server: ServerKey): Promise<Result<void>> {
    if (!isPlainIssuer(server.issuer))
      return fail('invalid-request', 'The address of the server is not a plain URL.');
    return this.#change((servers) => [...servers.filter(({ issuer }) => issuer !== server.issuer), server]);
  }

  /** `not-found` when the issuer is not in the file. */
  async untrust(issuer: string): Promise<Result<void>> {
    const servers = this.list();
    if (servers.ok && !servers.value.some((server) => server.issuer === issuer)) {
      return fail('not-found', `${issuer} is not among the trusted servers.`);
    }
    return this.#change((all) => all.filter((server) => server.issuer !== issuer));
  }

  async #change(edit: (servers: readonly ServerKey[]) => ServerKey[]): Promise<Result<void>> {
    const servers = this.list();
    if (!servers.ok) return servers;
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o755 });
    const content = { version: 1, servers: edit(servers.value) };
    await writeFileAtomic(this.#path, `${JSON.stringify(content, null, 2)}\n`);
    await chmod(this.#path, 0o644);
    return ok(undefined);
  }
}

function parseFile(text: string): ServerKey[] | null {
  const parsed = trustedServersSchema.safeParse(parseJson(text));
  return parsed.success ? parsed.data.servers : null;
}
