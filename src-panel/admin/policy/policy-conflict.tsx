import { useEffect, useId, useRef, useState } from 'react';
import type { PolicyAnswer, PolicyInput } from '../../../src-shared/panel/policy.ts';
import { changedRules } from '../../../src-shared/policy.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { differing, merge, type Rule } from './rules.ts';

interface PolicyConflictProps {
  base: PolicyInput;
  mine: PolicyInput;
  theirs: PolicyAnswer;
  onCancel: () => void;
  /** The rules that both sides make together; not saved yet. */
  onChosen: (policy: PolicyInput) => void;
}

/** Two administrators at once: both sets of rules side by side, and a choice for each line. */
export function PolicyConflict({ base, mine, theirs, onCancel, onChosen }: PolicyConflictProps) {
  const { a } = useAdminWords();
  const words = a.policy;
  const [choices, setChoices] = useState<Record<string, 'mine' | 'theirs'>>({});
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  const sides = { base, mine, theirs: theirs.policy };
  const lines = differing(mine, theirs.policy);
  const changedByMe = changedRules(base, mine);
  return (
    <Dialog
      title={words.conflictTitle}
      text={words.conflictText(theirs.updatedBy ?? words.conflictSomebody)}
      onCancel={onCancel}
    >
      {lines.length === 0 && <p>{words.agree}</p>}
      <ul className="conflict">
        {lines.map((line) => (
          <li key={line.key}>
            <ConflictLine
              line={line}
              mine={mine}
              theirs={theirs.policy}
              choice={choices[line.key] ?? (changedByMe.has(line.key) ? 'mine' : 'theirs')}
              onChoose={(choice) => setChoices({ ...choices, [line.key]: choice })}
            />
          </li>
        ))}
      </ul>
      <div className="dialog-buttons">
        <Button ref={button} look="primary" onPress={() => onChosen(merge(sides, choices))}>
          {words.conflictGo}
        </Button>
      </div>
    </Dialog>
  );
}

interface ConflictLineProps {
  line: Rule;
  mine: PolicyInput;
  theirs: PolicyInput;
  choice: 'mine' | 'theirs';
  onChoose: (choice: 'mine' | 'theirs') => void;
}

function ConflictLine({ line, mine, theirs, choice, onChoose }: ConflictLineProps) {
  const { a } = useAdminWords();
  const id = useId();
  const words = a.policy;
  const sides = [
    ['theirs', words.theirs, theirs],
    ['mine', words.mine, mine],
  ] as const;
  return (
    <fieldset className="choices">
      <legend>{line.name(words)}</legend>
      <div className="choices-options">
        {sides.map(([side, name, policy]) => (
          <label key={side} className="choice">
            <input type="radio" name={id} checked={choice === side} onChange={() => onChoose(side)} />
            <span className="choice-words">
              <span className="choice-name">{line.text(policy, words)}</span>
              <span className="hint">{name}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
