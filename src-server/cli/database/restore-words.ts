import { fingerprint } from '../../../src-node/fingerprint.ts';
import { formatServerKey, type ServerKey } from '../../../src-shared/server-key.ts';
import type { TakenBack } from '../../restore/after-restore.ts';
import type { Difference } from '../../restore/differences.ts';
import type { ReplacedLeaseKey } from '../../restore/restore.ts';

/** What the restore took out of force, and what somebody has to do about it. */
export function takenLines(taken: TakenBack): string[] {
  const { connections, sessions, devices, unlocks, backupCodes, resets, apiTokens } = taken;
  return [
    'Taken out of force, since it may have been used or ended after the copy was made:',
    `  ${connections} connections and ${sessions} sessions ended; ${devices} devices sign in anew and show fresh proof`,
    `  ${unlocks} devices with a PIN or biometrics are asked for a code first`,
    `  codes that authenticators showed until now, ${backupCodes} backup codes, ${resets} links to set up an authenticator`,
    `  ${apiTokens} API tokens wait for an owner: Control Panel, API tokens; or postern-server token confirm NAME`,
  ];
}

const WORDS: Record<Difference['what'], (who: string) => string> = {
  added: (who) => `${who} was added since, and is not there: postern-server member add`,
  removed: (who) => `${who} was removed since, and is back: postern-server member remove ${who}`,
  blocked: (who) => `${who} was blocked since, and is not: postern-server member block ${who}`,
  role: (who) => `${who} had another role: change it in the Control Panel`,
  password: (who) => `${who} has the password of then again: postern-server member set-password ${who}`,
  factor: (who) =>
    `${who} has the authenticator of then again, which may be a lost one: reset it in the Control Panel`,
  'device-removed': (who) =>
    `${who} was removed since, and is back: postern-server device list, then device remove ID`,
  'token-revoked': (who) => `API token ${who} was revoked since: do not confirm it`,
  'gateway-removed': (who) =>
    `gateway ${who} was removed since, and is back: postern-server gateway remove ${who}`,
  'gateway-added': (who) => `gateway ${who} was added since, and is not there: postern-server gateway add`,
  'gateway-token': (who) =>
    `gateway ${who} has the token of then again, not the one of now: postern-server gateway token ${who} --end-old-now`,
  'lease-rotation': (who) =>
    `the rotation of the lease key to the one with the fingerprint ${who} was begun since, and is forgotten: begin it anew, postern-server keys rotate lease`,
  policy: (who) => `${who} is that of then again, which may ask for less: postern-server policy show`,
};

/** That laptops may know another lease key than the backup's, and how that one comes back. */
export function replacedLeaseKeyLines(
  replaced: ReplacedLeaseKey | null,
  { serverKey, from }: { serverKey: ServerKey; from: string },
): string[] {
  if (replaced === null) return [];
  const { publicKey, keysKeptAt, isNext } = replaced;
  return [
    'WARNING: the lease key is that of the backup again, not the one of until now.',
    `  of the backup, in use from now on  ${fingerprint(serverKey.publicKey)}`,
    `  until now, which laptops may know  ${fingerprint(publicKey)}  (kept in ${keysKeptAt})`,
    '  A laptop that knows the one of until now refuses its next connection, and says that it does not trust the server.',
    isNext
      ? '  To go on with the one of until now, before the start: postern-server keys rotate lease --finish'
      : `  To go on with the one of until now, before the start: put the folder ${keysKeptAt} in the place of keysDir again, then postern-server database restore ${from}   (without --with-keys)`,
    `  To stay with that of the backup: on each of these laptops, sudo postern-helper trust '${formatServerKey(serverKey)}'`,
  ];
}

/** What to look through before anybody is let in. */
export function differenceLines(differences: readonly Difference[] | null): string[] {
  if (differences === null)
    return [
      'Look through them before the start, there is no database of before to compare with: who is blocked (postern-server member list), roles, authenticators, gateways',
    ];
  if (differences.length === 0)
    return ['Of members, gateways, tokens and the policy nothing else was decided since.'];
  return [
    'Decided since and not in force any more:',
    ...differences.map(({ what, who }) => `  ${WORDS[what](who)}`),
  ];
}
