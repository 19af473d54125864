import { clockSpan } from '../../src-shared/clock-span.ts';
import type { Policy } from '../../src-shared/policy.ts';
import { Bar } from '../../src-ui/parts/bar.tsx';
import { Button } from '../../src-ui/parts/button.tsx';
import { useLasting } from '../../src-ui/time/use-lasting.ts';
import { useSnapshot } from '../store/snapshot-store.ts';
import { useCommand } from '../store/use-command.ts';
import { dismissNotice, useView } from '../store/view-store.ts';
import { useWords } from '../strings/use-words.ts';

/** A clock that is further off than this makes codes fail (`ux.md`, rule 15). */
const CLOCK_TOLERANCE_MS = 30_000;

/** These two are told by the gate and the Home screen already. */
const toldElsewhere = new Set(['disconnected-by-server', 'lease-expiring']);

/** A restart of the server takes less. */
const UNHEARD_MS = 5_000;

const asksForNothing = (policy: Policy | null) =>
  policy !== null && !policy.totpPriorConnection && !policy.unlockPriorConnection;

/** What holds for the whole window, above every screen; nothing at all when all is well. */
export function Bars() {
  const { w } = useWords();
  const isOnline = useSnapshot((s) => s.isOnline);
  const channel = useSnapshot((s) => s.channel);
  const isConnected = useSnapshot((s) => s.connection.phase === 'connected');
  const isUnheard = useLasting(isConnected && channel === 'connecting', UNHEARD_MS);
  const serverName = useSnapshot((s) => s.account?.serverName ?? null);
  const isOpenHouse = useSnapshot((s) => asksForNothing(s.policy));
  const offsetMs = useSnapshot((s) => s.clockOffsetMs ?? 0);
  const keychain = useSnapshot((s) => s.keychain);
  const update = useSnapshot((s) => s.app.update);
  const hasRecovered = useSnapshot((s) => s.app.hasRecovered);
  const notices = useSnapshot((s) => s.notices);
  const dismissed = useView((view) => view.dismissed);
  const install = useCommand('update.install');
  const notice = notices.findLast(({ id, kind }) => !toldElsewhere.has(kind) && !dismissed.includes(id));

  return (
    <div className="bars">
      {!isOnline && <Bar look="warning">{w.bars.offline}</Bar>}
      {isOnline && serverName !== null && channel === 'closed' && (
        <Bar look="warning">{w.bars.channelClosed(serverName)}</Bar>
      )}
      {isOnline && serverName !== null && isUnheard && (
        <Bar look="warning">{w.bars.channelLost(serverName)}</Bar>
      )}
      {isOpenHouse && <Bar look="warning">{w.bars.noGate}</Bar>}
      {Math.abs(offsetMs) > CLOCK_TOLERANCE_MS && (
        <Bar look="warning">
          {(offsetMs > 0 ? w.bars.clockBehind : w.bars.clockAhead)(clockSpan(offsetMs))}
        </Bar>
      )}
      {keychain === 'locked' && <Bar look="warning">{w.bars.keychainLocked}</Bar>}
      {hasRecovered && !dismissed.includes(RECOVERED) && (
        <Bar look="info" onDismiss={() => dismissNotice(RECOVERED)}>
          {w.bars.recovered}
        </Bar>
      )}
      {notice && (
        <Bar look="info" onDismiss={() => dismissNotice(notice.id)}>
          {notice.text}
        </Bar>
      )}
      {update === 'ready' && (
        <Bar
          look="info"
          action={
            <Button isBusy={install.isBusy} onPress={() => void install.run(undefined)}>
              {w.bars.updateNow}
            </Button>
          }
        >
          {w.bars.update}
        </Bar>
      )}
    </div>
  );
}

/** Notices count from 1; this one is the page's own. */
const RECOVERED = 0;
