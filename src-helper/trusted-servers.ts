import { readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeFileAtomic } from '../src-node/atomic-file.ts';
import { inTurn } from '../src-node/in-turn.ts';
import { parseJson } from '../src-shared/parse-json.ts';
import { fail, ok, type Result } from '../src-shared/problem.ts';
import {
  formatServerKey,
  keysOf,
  type ServerKey,
  type TrustedServer,
  trustedServersSchema,
} from '../src-shared/server-key.ts';

/** Letters that mean nothing to a shell or a terminal: the issuer ends up in a line that a person pastes as root. */
const PLAIN_ISSUER = /^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[A-Za-z0-9._~/-]*)?$/;

export function isPlainIssuer(issuer: string): boolean {
  return issuer.length <= 300 && PLAIN_ISSUER.test(issuer) && URL.canParse(issuer);
}

/** The line that an administrator runs to trust this server. Only for issuers that `isPlainIssuer` accepts. */
export function trustCommand(server: ServerKey): string {
  return `sudo postern-helper trust '${formatServerKey(server)}'`;
}

/** What a server has said of its key, and the one that signed it. */
export interface SignedStep {
  issuer: string;
  signer: string;
  step: number;
  /** Null: none. */
  next: string | null;
}

export interface TrustedServersOptions {
  /** Who must own the file, 0 but for tests. */
  ownerUid?: number;
  /** Told when the key that `follow` was given could not be written down. */
  onFollowError?: (error: unknown) => void;
}

/** The servers that root trusts on this computer, in a file that only root can write. */
export class TrustedServers {
  readonly #path: string;
  readonly #ownerUid: number;
  readonly #onFollowError: (error: unknown) => void;
  readonly #inTurn = inTurn();
  #seen = '';
  #servers: TrustedServer[] = [];

  constructor(path: string, { ownerUid = 0, onFollowError = rethrow }: TrustedServersOptions = {}) {
    this.#path = path;
    this.#ownerUid = ownerUid;
    this.#onFollowError = onFollowError;
  }

  /** Reads the file again when it has changed. A file that others could have written, or that is broken, is refused. */
  list(): Result<readonly TrustedServer[]> {
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

  /**
   * Adds a server; a key that its issuer had before is replaced. What it has said of its key stays only with a key that
   * counted already. The file is readable by everyone (0644).
   */
  async trust({ issuer, publicKey }: ServerKey): Promise<Result<void>> {
    if (!isPlainIssuer(issuer))
      return fail('invalid-request', 'The address of the server is not a plain URL.');
    return this.#change((servers) => {
      const known = servers.find((server) => server.issuer === issuer);
      const isCounting = known !== undefined && keysOf(known).includes(publicKey);
      return ok(replaced(servers, isCounting ? followed(known, publicKey) : { issuer, publicKey }));
    });
  }

  /**
   * Writes down which key is next, by the word of one that counts: `untrusted-server` for any other. `lease-key-invalid`
   * for a lower step than the newest, or for the same one with another key.
   */
  async note({ issuer, signer, step, next }: SignedStep): Promise<Result<void>> {
    return this.#change((servers) => {
      const known = servers.find((server) => server.issuer === issuer);
      if (!known || !keysOf(known).includes(signer))
        return fail('untrusted-server', `This computer does not trust the key that speaks for ${issuer}.`);
      const { step: newest = 0 } = known;
      if (step < newest || (step === newest && next !== (followed(known, signer).next ?? null)))
        return fail('lease-key-invalid', 'This computer knows a newer word of the server on its key.');
      if (next === signer) return fail('lease-key-invalid', 'The next key is the one that names it.');
      const server = { issuer, publicKey: signer, step };
      return ok(replaced(servers, next === null ? server : { ...server, next }));
    });
  }

  /**
   * The next key of a server has signed something: it takes the place of the one before it, which counts for nothing
   * from then on. Until that is on the disk both count, and each further token tries again.
   */
  follow(issuer: string, publicKey: string): void {
    this.#change((servers) => {
      const known = servers.find((server) => server.issuer === issuer);
      return ok(known?.next === publicKey ? replaced(servers, followed(known, publicKey)) : [...servers]);
    }).then(
      (done) => (done.ok ? undefined : this.#onFollowError(new Error(done.problem.detail))),
      this.#onFollowError,
    );
  }

  /** Resolves when nothing is being written any more. */
  settled(): Promise<void> {
    return this.#inTurn(() => undefined);
  }

  /** `not-found` when the issuer is not in the file. */
  async untrust(issuer: string): Promise<Result<void>> {
    const servers = this.list();
    if (servers.ok && !servers.value.some((server) => server.issuer === issuer)) {
      return fail('not-found', `${issuer} is not among the trusted servers.`);
    }
    return this.#change((all) => ok(all.filter((server) => server.issuer !== issuer)));
  }

  /** What is the same already is not written again. */
  #change(edit: (servers: readonly TrustedServer[]) => Result<TrustedServer[]>): Promise<Result<void>> {
    return this.#inTurn(async () => {
      const servers = this.list();
      if (!servers.ok) return servers;
      const edited = edit(servers.value);
      if (!edited.ok) return edited;
      if (isDeepStrictEqual(edited.value, servers.value)) return ok(undefined);
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o755 });
      const content = { version: 1, servers: edited.value };
      await writeFileAtomic(this.#path, `${JSON.stringify(content, null, 2)}\n`, 0o644);
      return ok(undefined);
    });
  }
}

/** Others keep their places; one that is new comes last. */
function replaced(servers: readonly TrustedServer[], server: TrustedServer): TrustedServer[] {
  const isKnown = servers.some(({ issuer }) => issuer === server.issuer);
  return isKnown
    ? servers.map((other) => (other.issuer === server.issuer ? server : other))
    : [...servers, server];
}

/** With `publicKey`, one of its keys, as the present one: what the key before it had named is done with. */
function followed(server: TrustedServer, publicKey: string): TrustedServer {
  const { issuer, step } = server;
  if (publicKey === server.publicKey) return server;
  return { issuer, publicKey, ...(step === undefined ? {} : { step }) };
}

function rethrow(error: unknown): never {
  throw error;
}

function parseFile(text: string): TrustedServer[] | null {
  const parsed = trustedServersSchema.safeParse(parseJson(text));
  return parsed.success ? parsed.data.servers : null;
}
