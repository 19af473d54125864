import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { openSetUp, showScreen } from '../../store/view-store.ts';
import { useWords } from '../../strings/use-words.ts';
import { Diagnostics } from './diagnostics.tsx';
import { PartMark } from './part-mark.tsx';
import { partStates } from './part-states.ts';

export function Help() {
  const language = useWords();
  const { w } = language;
  const snapshot = useSnapshot((s) => s);
  const refresh = useCommand('connection.refresh');
  const lookAgain = useCommand('unlock.refresh');
  const open = useCommand('link.open');
  return (
    <div className="page">
      <h1>{w.help.title}</h1>
      <section className="panel" aria-labelledby="help-parts">
        <div className="panel-head">
          <h2 id="help-parts">{w.help.parts}</h2>
          <Button
            look="quiet"
            isBusy={refresh.isBusy || lookAgain.isBusy}
            onPress={() => {
              void refresh.run(undefined);
              void lookAgain.run(undefined);
            }}
          >
            {w.help.refresh}
          </Button>
        </div>
        <ProblemNote problem={refresh.problem ?? lookAgain.problem} />
        <ul className="parts">
          {partStates(snapshot, language).map(({ name, level, text }) => (
            <li key={name} className="part" data-level={level}>
              <PartMark level={level} />
              <div>
                <p>
                  <strong>{name}</strong> <span className="part-level">{w.help.levels[level]}</span>
                </p>
                <p className="hint">{text}</p>
              </div>
            </li>
          ))}
        </ul>
      </section>
      <section className="panel" aria-labelledby="help-unlock">
        <h2 id="help-unlock">{w.unlock.help.part}</h2>
        <dl className="answers">
          <div>
            <dt>{w.unlock.help.finger}</dt>
            <dd className="hint">{w.unlock.help.fingerText}</dd>
          </div>
          <div>
            <dt>{w.unlock.help.forgot}</dt>
            <dd className="hint">{w.unlock.help.forgotText}</dd>
          </div>
        </dl>
        <div className="row">
          <Button onPress={() => openSetUp('again')}>{w.unlock.gate.setUpAgain}</Button>
          <Button onPress={() => showScreen('settings')}>{w.unlock.help.toSettings}</Button>
        </div>
      </section>
      <Diagnostics />
      <section className="panel" aria-labelledby="help-links">
        <h2 id="help-links">{w.help.links}</h2>
        <div className="row">
          <Button onPress={() => void open.run({ link: 'documentation' })}>{w.help.documentation}</Button>
          <Button onPress={() => void open.run({ link: 'source-code' })}>{w.help.sourceCode}</Button>
          <Button onPress={() => void open.run({ link: 'report-problem' })}>{w.help.reportProblem}</Button>
        </div>
        <ProblemNote problem={open.problem} />
      </section>
    </div>
  );
}
