import type { UnguardedDevice } from '../../../src-shared/panel/policy.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { platformName } from '../../account/platform-name.ts';
import { useAction } from '../../store/use-action.ts';
import { useLoad } from '../../store/use-load.ts';
import { loadExemptions, withdrawExemption } from '../api/policy-api.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';

/** Who may connect although nothing can be held back on their device; nothing where there is nobody. */
export function Exemptions({ version }: { version: number }) {
  const { a } = useAdminWords();
  const words = a.policy;
  const exemptions = useLoad(`exemptions ${version}`, loadExemptions);
  const { run, isBusy, problem } = useAction(withdrawExemption);

  async function withdraw({ id }: UnguardedDevice): Promise<void> {
    if (isBusy) return;
    const answer = await run(id);
    if (answer.ok) exemptions.put(answer.value);
  }
  const devices = exemptions.value?.devices ?? [];
  if (devices.length === 0) return <ProblemNote problem={exemptions.problem} />;
  return (
    <section className="panel stack" aria-labelledby="exemptions">
      <div>
        <h2 id="exemptions">{words.exemptions}</h2>
        <p className="hint">{words.exemptionsText}</p>
      </div>
      <ul className="rows">
        {devices.map((device) => (
          <li key={device.id} className="panel-head">
            <span className="two-lines">
              <span>
                {device.name} · {device.memberName}
              </span>
              <span className="hint">
                {platformName(device.platform)} ·{' '}
                {device.helperVersion === null ? words.helperUnknown : words.helper(device.helperVersion)}
              </span>
            </span>
            <Button accessibleName={words.withdrawOf(device.name)} onPress={() => void withdraw(device)}>
              {words.withdraw}
            </Button>
          </li>
        ))}
      </ul>
      <ProblemNote problem={problem ?? exemptions.problem} />
    </section>
  );
}
