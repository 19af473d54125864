import type { Logger } from 'pino';
import { certificateTrouble, expiryStage, troubleText } from './expiry.ts';
import {
  type CertificateFacts,
  checkPair,
  type ReadCertificate,
  readPair,
  type TlsPair,
} from './server-certificate.ts';

/** Also how long a renewal may take between its two files. */
const LOOK_EVERY_MS = 10_000;

interface Files {
  certFile: string;
  keyFile: string;
}

/**
 * The server's certificate as it is now in its files: they are looked at again and again, so that a renewal needs
 * nothing else, whether it writes, renames or turns links (certbot, Kubernetes). What cannot be used does not replace
 * what can.
 */
export class CertificateKeeper {
  readonly #issuer: string;
  readonly #log: Logger;
  readonly #now: () => number;
  #files: Files;
  #used: { pair: TlsPair; facts: CertificateFacts };
  /** What was read last and could not be used. */
  #refused: { seen: string; isSaid: boolean } | null = null;
  #told: string | null = null;
  #onChange: (pair: TlsPair) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(input: {
    files: Files;
    issuer: string;
    log: Logger;
    now: () => number;
    used: { pair: TlsPair; facts: CertificateFacts };
  }) {
    this.#files = input.files;
    this.#issuer = input.issuer;
    this.#log = input.log;
    this.#now = input.now;
    this.#used = input.used;
  }

  /** Reads the files for the first time; one that has expired is a certificate too, and said. `issuer`: a URL. */
  static open(input: {
    files: Files;
    issuer: string;
    log: Logger;
    now: () => number;
  }): { ok: true; keeper: CertificateKeeper } | { ok: false; mistakes: string[] } {
    const read = readFiles(input.files, input.issuer);
    if (!read.ok) return read;
    const keeper = new CertificateKeeper({ ...input, used: read });
    keeper.#say('certificate');
    return { ok: true, keeper };
  }

  get pair(): TlsPair {
    return this.#used.pair;
  }

  get facts(): CertificateFacts {
    return this.#used.facts;
  }

  /** Called with each certificate that replaces the one before. */
  whenChanged(listener: (pair: TlsPair) => void): void {
    this.#onChange = listener;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Reads the files now, others if `files` says so; the mistakes of what cannot be used. */
  reload(files: Files = this.#files): string[] {
    const read = readFiles(files, this.#issuer);
    if (!read.ok) {
      this.#log.error({ mistakes: read.mistakes }, KEPT);
      return read.mistakes;
    }
    this.#files = files;
    this.#take(read);
    return [];
  }

  /** The look that is made every few seconds; public so that tests need not wait. */
  look(): void {
    this.#tell();
    const raw = readPair(this.#files);
    const seen = JSON.stringify(raw);
    if (raw.ok && isSame(raw.pair, this.#used.pair)) {
      this.#refused = null;
      return;
    }
    const read = raw.ok ? checkPair(raw.pair, this.#issuer) : raw;
    // Seen only once, it may be a renewal that is half done.
    if (read.ok) this.#take(read);
    else if (this.#refused?.seen !== seen) this.#refused = { seen, isSaid: false };
    else if (!this.#refused.isSaid) {
      this.#refused.isSaid = true;
      this.#log.error({ mistakes: read.mistakes }, KEPT);
    }
  }

  #take(read: Extract<ReadCertificate, { ok: true }>): void {
    const isNew = !isSame(read.pair, this.#used.pair);
    this.#used = read;
    this.#refused = null;
    if (!isNew) return;
    this.#onChange(read.pair);
    this.#say('the certificate was renewed');
  }

  #say(message: string): void {
    const { host, names, notAfter, fingerprint } = this.facts;
    this.#log.info({ host, names, notAfter: new Date(notAfter).toISOString(), fingerprint }, message);
    this.#tell();
  }

  /** What is wrong with it, once for each certificate, trouble and stage. */
  #tell(): void {
    const now = this.#now();
    const trouble = certificateTrouble(this.facts, now);
    const key = JSON.stringify([this.facts.fingerprint, trouble, expiryStage(this.facts, now)]);
    if (trouble === null || this.#told === key) return;
    this.#told = key;
    this.#log[trouble === 'expiring' ? 'warn' : 'error'](troubleText(this.facts, trouble));
  }
}

const KEPT =
  'the files of the certificate cannot be used: the one before stays, until there is a good one or the server is started anew';

function readFiles(files: Files, issuer: string): ReadCertificate {
  const read = readPair(files);
  return read.ok ? checkPair(read.pair, issuer) : read;
}

const isSame = (a: TlsPair, b: TlsPair): boolean => a.cert === b.cert && a.key === b.key;
