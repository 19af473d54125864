import type { GuardState } from '../../../src-shared/guard.ts';
import { timeText } from '../../../src-ui/format/date-time.ts';
import { clockText } from '../../../src-ui/format/duration.ts';
import { Bar } from '../../../src-ui/parts/bar.tsx';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ConfirmButton } from '../../../src-ui/parts/confirm-button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { secondsLeft } from '../../../src-ui/time/countdown.ts';
import { useServerNow } from '../../../src-ui/time/use-now.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { useWords } from '../../strings/use-words.ts';
import { heldTitle, heldWhy } from './guard-view.ts';

/**
 * What is held back, since when and why, and the ways out of it. Empty while nothing is. `isAnnounced`: a change is read
 * out, where nothing else on the screen says more important things that way.
 */
export function GuardNote({ isAnnounced }: { isAnnounced: boolean }) {
  const { w } = useWords();
  const guard = useSnapshot((s) => s.guard);
  const title = guard && heldTitle(guard, w);
  return (
    <div className="guard-note">
      <div role={isAnnounced ? 'status' : undefined}>
        {guard && title && <Held guard={guard} title={title} />}
      </div>
      {guard && title && <WaysOut guard={guard} />}
    </div>
  );
}

function Held({ guard, title }: { guard: GuardState; title: string }) {
  const { w, locale } = useWords();
  const now = useHelperNow(false);
  const { failed, since, portalUntil } = guard;
  const facts = failed
    ? [failed.detail]
    : [
        heldWhy(guard, w),
        ...(since === null ? [] : [w.guard.since(timeText(since, now, locale))]),
        ...(portalUntil === null ? [] : [w.guard.portalOpen]),
      ];
  return (
    <Bar look={failed ? 'warning' : 'info'}>
      <strong>{title}</strong>
      <span className="guard-facts">{facts.join(' ')}</span>
    </Bar>
  );
}

function WaysOut({ guard }: { guard: GuardState }) {
  const { w } = useWords();
  const openPortal = useCommand('guard.open-portal');
  const release = useCommand('guard.release');
  const { holds, failed, portalMinutes, portalUntil, mayRelease } = guard;
  const isOffered = !failed && holds !== 'nothing' && portalMinutes > 0 && portalUntil === null;
  return (
    <>
      {portalUntil !== null && <PortalCountdown portalUntil={portalUntil} />}
      {(isOffered || mayRelease) && (
        <div className="row">
          {isOffered && (
            <Button isBusy={openPortal.isBusy} onPress={() => void openPortal.run(undefined)}>
              {w.guard.openPortal(portalMinutes)}
            </Button>
          )}
          {mayRelease && (
            <ConfirmButton
              label={w.guard.release}
              question={w.guard.releaseQuestion}
              isBusy={release.isBusy}
              onConfirm={() => void release.run(undefined)}
            />
          )}
        </div>
      )}
      <ProblemNote problem={openPortal.problem ?? release.problem} />
    </>
  );
}

function PortalCountdown({ portalUntil }: { portalUntil: string }) {
  const { w } = useWords();
  const now = useHelperNow(true);
  return (
    <p className="hint numeric" aria-live="off">
      {w.guard.portalLeft(clockText(secondsLeft(Date.parse(portalUntil), now)))}
    </p>
  );
}

/** The helper tells its times by this computer's clock. */
function useHelperNow(isTicking: boolean): number {
  const offsetMs = useSnapshot((s) => s.clockOffsetMs) ?? 0;
  return useServerNow(1000, isTicking) - offsetMs;
}
