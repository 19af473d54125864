import { assertNever } from '../../../src-shared/assert-never.ts';
import type { ConnectionState } from '../../../src-shared/connection-state.ts';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { ReasonNote } from '../../../src-ui/parts/reason-note.tsx';
import type { Told } from '../../../src-ui/strings/problem-text.ts';
import { useLanguage } from '../../../src-ui/strings/use-strings.ts';
import { secondsLeft } from '../../../src-ui/time/countdown.ts';
import { useServerNow } from '../../../src-ui/time/use-now.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';

/** The state in plain words: what is, who acted, and what went wrong. */
export function Explanation({ gatewayName }: { gatewayName: string }) {
  const connection = useSnapshot((s) => s.connection);
  const sentence = useSentence(connection, gatewayName);
  const reason =
    'reason' in connection ? connection.reason : connection.phase === 'blocked' ? connection.cause : null;
  return (
    <div className="explanation">
      {reason ? <ReasonNote reason={reason} /> : null}
      <p>{sentence}</p>
      <NextTry connection={connection} />
      <ProblemNote problem={problemOf(connection)} />
    </div>
  );
}

function useSentence(connection: ConnectionState, gatewayName: string): string {
  const { t } = useLanguage();
  const wantsCode = useSnapshot((s) => s.policy?.totpPriorConnection === true);
  const wantsUnlock = useSnapshot((s) => s.policy?.unlockPriorConnection === true);
  const hasGateways = useSnapshot((s) => s.gateways.length > 0);
  switch (connection.phase) {
    case 'signed-out':
      return '';
    case 'disconnected':
      if (!hasGateways) return t.home.noGateways;
      if (wantsUnlock) return (wantsCode ? t.home.readyBoth : t.home.readyUnlock)(gatewayName);
      return (wantsCode ? t.home.readyGated : t.home.ready)(gatewayName);
    case 'gate':
      return connection.prompt.challenge.requires.includes('totp') ? t.home.gate : t.home.gateUnlock;
    case 'connecting':
      return t.home.connecting(gatewayName);
    case 'connected':
      return connection.health === 'good' ? t.home.connectedTo(gatewayName) : t.home.stale;
    case 'reconnecting':
      return t.home.reconnecting;
    case 'disconnecting':
      return connection.next === 'gate' ? t.home.disconnectingToGate : t.home.disconnecting;
    case 'blocked':
      return connection.blockingFailed ? t.home.blockingFailed : t.home.blocked;
    default:
      return assertNever(connection);
  }
}

function problemOf(connection: ConnectionState): Told | null {
  if (connection.phase === 'blocked') return connection.blockingFailed;
  return connection.phase === 'disconnected' || connection.phase === 'reconnecting' ? connection.cause : null;
}

function NextTry({ connection }: { connection: ConnectionState }) {
  const { t } = useLanguage();
  const isTrying = connection.phase === 'reconnecting' || connection.phase === 'connecting';
  const nextTryAt = connection.phase === 'reconnecting' ? connection.nextTryAt : null;
  const now = useServerNow(1000, nextTryAt !== null);
  if (!isTrying) return null;
  const seconds = nextTryAt === null ? 0 : secondsLeft(Date.parse(nextTryAt), now);
  const attempt = connection.attempt > 1 ? t.home.attempt(connection.attempt) : '';
  return (
    <p className="hint" aria-live="off">
      {seconds > 0 ? t.home.nextTry(seconds) : attempt}
    </p>
  );
}
