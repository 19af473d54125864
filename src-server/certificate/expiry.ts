import type { CertificateFacts } from './server-certificate.ts';

const DAY_MS = 86_400_000;
/** Days ahead at which it is said that a certificate will expire; 0: it has. */
const STAGES = [0, 1, 7, 21] as const;
export type ExpiryStage = (typeof STAGES)[number];

/**
 * How near the end is; null: far. Whoever renews waits until a third of the lifetime is left, so that a short-lived
 * certificate is worth a word only later.
 */
export function expiryStage(
  { notBefore, notAfter }: Pick<CertificateFacts, 'notBefore' | 'notAfter'>,
  now: number,
): ExpiryStage | null {
  const life = notAfter - notBefore;
  return STAGES.find((days) => now >= notAfter - days * DAY_MS && days * DAY_MS <= life / 3) ?? null;
}

export type CertificateTrouble = 'expired' | 'expiring' | 'not-yet-valid' | 'wrong-name';

/** What is wrong with it, the worst first; null: nothing. */
export function certificateTrouble(facts: CertificateFacts, now: number): CertificateTrouble | null {
  const stage = expiryStage(facts, now);
  if (stage === 0) return 'expired';
  if (now < facts.notBefore) return 'not-yet-valid';
  if (!facts.isForHost) return 'wrong-name';
  return stage === null ? null : 'expiring';
}

/** For the log: one sentence with what to do. */
export function troubleText(facts: CertificateFacts, trouble: CertificateTrouble): string {
  const { host, names } = facts;
  const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
  switch (trouble) {
    case 'expired':
      return `The certificate of ${host} expired on ${day(facts.notAfter)}: no client comes in any more. Renew it; it is read by itself`;
    case 'expiring':
      return `The certificate of ${host} expires on ${day(facts.notAfter)}. Renew it; it is read by itself`;
    case 'not-yet-valid':
      return `The certificate of ${host} is not valid before ${day(facts.notBefore)}. Look at the clock of this machine, or take another certificate`;
    case 'wrong-name':
      return `The certificate is for ${names}, not for ${host}, the host of the issuer: clients refuse it`;
  }
}
