import type { GuardMode } from '../../../src-shared/guard.ts';
import { guardModes, isStricter } from '../../../src-shared/guard-mode.ts';
import { RadioGroup } from '../../../src-ui/parts/choices.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { useWords } from '../../strings/use-words.ts';

/** What is held back while not connected. The team's word is the least; what this user wants beyond it is kept by the helper. */
export function TrafficPanel() {
  const { w } = useWords();
  const guard = useSnapshot((s) => s.guard);
  const hasHelper = useSnapshot((s) => s.tunnel !== null);
  const rule = useSnapshot((s) => s.policy?.trafficWhileWaiting ?? null);
  const { run, problem } = useCommand('guard.choose');
  const words = w.settings.traffic;
  const team: GuardMode = rule ?? (guard?.source === 'team' ? guard.mode : 'off');
  const own = guard?.own ?? 'off';
  const obstacle = guard ? null : hasHelper ? words.unsupported : words.noHelper;
  const obstacleOf = (mode: GuardMode) => (isStricter(team, mode) ? words.teamAsksMore : undefined);
  return (
    <section className="panel">
      <RadioGroup
        label={words.label}
        hint={[obstacle, words.hint].filter(Boolean).join(' ')}
        isDisabled={obstacle !== null}
        value={isStricter(own, team) ? own : team}
        options={guardModes.map((value) => ({ value, ...words.modes[value], obstacle: obstacleOf(value) }))}
        // Going back to what the team asks for leaves nothing of one's own behind.
        onChange={(mode) => void run({ mode: mode === team ? 'off' : mode })}
      />
      <ProblemNote problem={problem} />
    </section>
  );
}
