import { useState } from 'react';
import type { EnrolledUnlock } from '../../../src-shared/unlock.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ConfirmButton } from '../../../src-ui/parts/confirm-button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { isQuiet } from '../../parts/unlock/unlock-failure.ts';
import { bestProvider, obstacleOf, systemWay } from '../../parts/unlock/ways.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { openSetUp } from '../../store/view-store.ts';
import { useWords } from '../../strings/use-words.ts';

/** On, off, and a test; or what stands in the way and what to do about it. */
export function BiometricsRow({ enrolled }: { enrolled: EnrolledUnlock }) {
  const { t, w } = useWords();
  const words = w.unlock.settings;
  const system = systemWay(
    useSnapshot((s) => s.app.platform),
    w,
  );
  const methods = useSnapshot((s) => s.policy?.unlockMethods ?? null);
  const providers = useSnapshot((s) => s.unlock.providers);
  const test = useCommand('unlock.check');
  const turnOff = useCommand('unlock.turn-off-biometrics');
  const refresh = useCommand('unlock.refresh');
  const [hasWorked, setWorked] = useState(false);

  const isOn = enrolled.uvHw || enrolled.uvSoft;
  const allowed = providers.filter(({ method }) => methods === null || methods.includes(method));
  const isForbidden = methods !== null && !methods.includes('uv-hw') && !methods.includes('uv-soft');
  const provider = bestProvider(allowed);
  const obstacle = provider === null && !isForbidden ? obstacleOf(allowed) : null;
  // What is registered decides what can be tested, not what would be best today.
  const tested = enrolled.uvHw ? 'uv-hw' : 'uv-soft';
  const canTest = isOn && providers.some((each) => each.method === tested && each.obstacle === null);

  async function runTest(): Promise<void> {
    setWorked(false);
    const answer = await test.run({ answer: { method: tested } });
    setWorked(answer.ok);
  }

  const state = isForbidden ? w.unlock.why['not-allowed'] : isOn ? words.isOn : words.isOff;
  const problem = test.problem && isQuiet(test.problem) ? null : test.problem;
  return (
    <div className="unlock-row">
      <div className="panel-row">
        <p>
          <strong>{system.name}</strong>
          <span className="hint">{test.isBusy ? system.waiting : hasWorked ? words.works : state}</span>
        </p>
        <div className="row">
          {!isOn && provider && <Button onPress={() => openSetUp('biometrics')}>{words.turnOn}</Button>}
          {canTest && (
            <Button isBusy={test.isBusy} onPress={() => void runTest()}>
              {words.test}
            </Button>
          )}
          {test.isBusy ? (
            <Button
              look="quiet"
              onPress={() => void window.postern.invoke('connection.cancel-prompt', undefined)}
            >
              {t.common.cancel}
            </Button>
          ) : (
            isOn && (
              <ConfirmButton
                label={words.turnOff}
                question={words.turnOffConfirm}
                isBusy={turnOff.isBusy}
                onConfirm={() => void turnOff.run(undefined)}
              />
            )
          )}
        </div>
      </div>
      <p className="visually-hidden" role="status">
        {test.isBusy ? system.waiting : hasWorked ? words.works : ''}
      </p>
      {obstacle && (
        <div className="panel-row">
          <p className="hint obstacle">
            {w.unlock.obstacles[obstacle].why}. {w.unlock.obstacles[obstacle].todo}
          </p>
          <Button look="quiet" isBusy={refresh.isBusy} onPress={() => void refresh.run(undefined)}>
            {words.lookAgain}
          </Button>
        </div>
      )}
      <ProblemNote problem={problem ?? turnOff.problem ?? refresh.problem} />
    </div>
  );
}
