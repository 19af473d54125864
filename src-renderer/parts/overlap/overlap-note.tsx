import type { Overlap } from '../../../src-shared/overlap.ts';
import { Bar } from '../../../src-ui/parts/bar.tsx';
import { RadioGroup } from '../../../src-ui/parts/choices.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { useWords } from '../../strings/use-words.ts';
import { needsWord, overlapSentence } from './overlap-view.ts';

/** Says which network of the team is also the one here, and asks which should win where that can be chosen. */
export function OverlapNote() {
  const { w } = useWords();
  const overlap = useSnapshot((s) => s.overlap);
  return (
    <div className="overlap-note">
      <div role="status">
        {overlap && <Bar look={needsWord(overlap) ? 'warning' : 'info'}>{overlapSentence(overlap, w)}</Bar>}
      </div>
      {overlap && (overlap.choice === 'open' || overlap.choice === 'made') && <Sides overlap={overlap} />}
    </div>
  );
}

/** The same buttons before and after the answer, so that focus stays and the answer can be changed. */
function Sides({ overlap: { side, choice } }: { overlap: Overlap }) {
  const { w } = useWords();
  const choose = useCommand('overlap.choose');
  return (
    <>
      <RadioGroup
        label={w.overlap.question}
        hint={w.overlap.remembered}
        value={choice === 'made' ? side : null}
        options={[
          { value: 'local', ...w.overlap.sides.local },
          { value: 'team', ...w.overlap.sides.team },
        ]}
        onChange={(wanted) => void choose.run({ side: wanted })}
      />
      <ProblemNote problem={choose.problem} />
    </>
  );
}
