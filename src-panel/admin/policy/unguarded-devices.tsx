import { useId } from 'react';
import type { UnguardedDevice } from '../../../src-shared/panel/policy.ts';
import { platformName } from '../../account/platform-name.ts';
import { CheckList } from '../parts/check-list.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

interface UnguardedDevicesProps {
  devices: readonly UnguardedDevice[];
  /** How many are in use. */
  total: number;
  isExempting: boolean;
  /** Saving was refused for want of the choice. */
  isRefused: boolean;
  onExempt: (isExempting: boolean) => void;
}

/** Who could not connect any more, by name, and the one choice that lets them. */
export function UnguardedDevices(props: UnguardedDevicesProps) {
  const { devices, total, isExempting, isRefused, onExempt } = props;
  const { a } = useAdminWords();
  const id = useId();
  const words = a.policy;
  const silent = devices.filter(({ helperVersion }) => helperVersion === null).length;
  const old = devices.length - silent;
  return (
    <section className="stack" aria-labelledby={id}>
      <div>
        <h2 id={id}>{words.cannotGuard(devices.length, total)}</h2>
        <p className="hint">{words.cannotGuardText(old, silent)}</p>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a list that scrolls, not a form field */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard */}
      <div className="unguarded" role="group" tabIndex={0} aria-labelledby={id}>
        <ul className="rows">
          {devices.map(({ id: deviceId, name, platform, memberName, helperVersion }) => (
            <li key={deviceId} className="two-lines">
              <span>
                {name} · {memberName}
              </span>
              <span className="hint">
                {platformName(platform)} ·{' '}
                {helperVersion === null ? words.helperUnknown : words.helper(helperVersion)}
              </span>
            </li>
          ))}
        </ul>
      </div>
      <CheckList
        label={words.exemption}
        options={[{ value: 'exempt', name: words.exempt(devices.length), text: words.exemptText }]}
        values={isExempting ? ['exempt'] : []}
        error={isRefused ? words.exemptMissing(old, silent) : null}
        onChange={(values) => onExempt(values.length > 0)}
      />
    </section>
  );
}
