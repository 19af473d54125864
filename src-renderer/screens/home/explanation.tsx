import { assertNever } from '../../../src-shared/assert-never.ts';
import type { ConnectionState } from '../../../src-shared/connection-state.ts';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { ReasonNote } from '../../../src-ui/parts/reason-note.tsx';
import type { Told } from '../../../src-ui/strings/problem-text.ts';
import { secondsLeft } from '../../../src-ui/time/countdown.ts';
import { useServerNow } from '../../../src-ui/time/use-now.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useWords } from '../../strings/use-words.ts';

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
  const { w } = useWords();
  const wantsCode = useSnapshot((s) => s.policy?.totpPriorConnection === true);
  const wantsUnlock = useSnapshot((s) => s.policy?.unlockPriorConnection === true);
  const hasGateways = useSnapshot((s) => s.gateways.length > 0);
  switch (connection.phase) {
    case 'signed-out':
      return '';
    case 'disconnected':
      if (!hasGateways) return w.home.noGateways;
      if (wantsUnlock) return (wantsCode ? w.home.readyBoth : w.home.readyUnlock)(gatewayName);
      return (wantsCode ? w.home.readyGated : w.home.ready)(gatewayName);
    case 'gate':
      return connection.prompt.challenge.requires.includes('totp') ? w.home.gate : w.home.gateUnlock;
    case 'connecting':
      return w.home.connecting(gatewayName);
    case 'connected':
      if (connection.health === 'degraded') return w.home.degraded(gatewayName);
      return connection.health === 'good' ? w.home.connectedTo(gatewayName) : w.home.stale;
    case 'reconnecting':
      return w.home.reconnecting;
    case 'disconnecting':
      return connection.next === 'gate' ? w.home.disconnectingToGate : w.home.disconnecting;
    case 'blocked':
      return connection.blockingFailed ? w.home.blockingFailed : w.home.blocked;
    default:
      return assertNever(connection);
  }
}

function problemOf(connection: ConnectionState): Told | null {
  if (connection.phase === 'blocked') return connection.blockingFailed;
  return connection.phase === 'disconnected' || connection.phase === 'reconnecting' ? connection.cause : null;
}

function NextTry({ connection }: { connection: ConnectionState }) {
  const { w } = useWords();
  const isTrying = connection.phase === 'reconnecting' || connection.phase === 'connecting';
  const nextTryAt = connection.phase === 'reconnecting' ? connection.nextTryAt : null;
  const now = useServerNow(1000, nextTryAt !== null);
  if (!isTrying) return null;
  const seconds = nextTryAt === null ? 0 : secondsLeft(Date.parse(nextTryAt), now);
  const attempt = connection.attempt > 1 ? w.home.attempt(connection.attempt) : '';
  return (
    <p className="hint" aria-live="off">
      {seconds > 0 ? w.home.nextTry(seconds) : attempt}
    </p>
  );
}
