import type { PolicyInput } from '../../../src-shared/panel/policy.ts';
import { trafficWhileWaiting } from '../../../src-shared/policy.ts';
import { unlockMethod } from '../../../src-shared/unlock.ts';
import { RadioGroup, Switch } from '../../../src-ui/parts/choices.tsx';
import { TextField } from '../../../src-ui/parts/text-field.tsx';
import { SelectField } from '../../parts/select-field.tsx';
import { CheckList } from '../parts/check-list.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { CODE_DAYS, type DraftErrors, PORTAL_MINUTES, type PolicyDraft, SOFT_HOURS } from './policy-draft.ts';

interface PolicyFormProps {
  draft: PolicyDraft;
  errors: DraftErrors;
  onChange: (draft: PolicyDraft) => void;
}

const methods = unlockMethod.options;
const modes = trafficWhileWaiting.options;
const units = ['minutes', 'hours', 'days'] as const;

/** Every rule that administrators set. */
export function PolicyForm({ draft, errors, onChange }: PolicyFormProps) {
  const { a } = useAdminWords();
  const words = a.policy;
  const { policy } = draft;
  const set = (change: Partial<PolicyInput>) => onChange({ ...draft, policy: { ...policy, ...change } });
  const { mfaRequired } = policy;
  return (
    <>
      <section className="panel" aria-labelledby="mfa-required">
        <h2 id="mfa-required">{words.mfaRequired}</h2>
        <p className="hint">{words.mfaRequiredText}</p>
        <Switch
          label={words.panel}
          isOn={mfaRequired.panel}
          onChange={(panel) => set({ mfaRequired: { ...mfaRequired, panel } })}
        />
        <Switch
          label={words.client}
          isOn={mfaRequired.client}
          onChange={(client) => set({ mfaRequired: { ...mfaRequired, client } })}
        />
      </section>
      <section className="panel" aria-labelledby="gate">
        <h2 id="gate">{words.gate}</h2>
        <Switch
          label={words.totp}
          hint={words.totpText}
          isOn={policy.totpPriorConnection}
          onChange={(totpPriorConnection) => set({ totpPriorConnection })}
        />
        <Switch
          label={words.unlock}
          hint={words.unlockText}
          isOn={policy.unlockPriorConnection}
          onChange={(unlockPriorConnection) => set({ unlockPriorConnection })}
        />
        {policy.unlockPriorConnection && (
          <div className="nested stack">
            <CheckList
              label={words.methods}
              options={methods.map((method) => ({ value: method, ...words.method[method] }))}
              values={policy.unlockMethods}
              error={errors.methods ? words.methodMissing : null}
              onChange={(unlockMethods) => set({ unlockMethods })}
            />
            {policy.unlockMethods.includes('uv-soft') && (
              <TextField
                label={words.softHours}
                hint={words.softHoursHint}
                inputMode="numeric"
                value={draft.softHours}
                error={errors.softHours ? words.range(SOFT_HOURS.least, SOFT_HOURS.most) : null}
                onChange={(softHours) => onChange({ ...draft, softHours })}
              />
            )}
            {!policy.totpPriorConnection && (
              <TextField
                label={words.codeDays}
                hint={words.codeDaysHint}
                inputMode="numeric"
                value={draft.codeDays}
                error={errors.codeDays ? words.range(CODE_DAYS.least, CODE_DAYS.most) : null}
                onChange={(codeDays) => onChange({ ...draft, codeDays })}
              />
            )}
          </div>
        )}
      </section>
      <section className="panel stack" aria-labelledby="connection-rules">
        <h2 id="connection-rules">{words.connection}</h2>
        <div className="with-unit">
          <TextField
            label={words.longest}
            hint={words.longestHint}
            inputMode="numeric"
            value={draft.longest}
            error={errors.longest ? words.longestHint : null}
            onChange={(longest) => onChange({ ...draft, longest })}
          />
          <SelectField
            label={words.unit}
            value={draft.unit}
            options={[...(draft.unit === 'seconds' ? (['seconds'] as const) : []), ...units].map((unit) => ({
              value: unit,
              name: words.units[unit],
            }))}
            onChange={(unit) => onChange({ ...draft, unit })}
          />
        </div>
        <RadioGroup
          label={words.traffic}
          hint={words.trafficText}
          value={policy.trafficWhileWaiting}
          options={modes.map((mode) => ({ value: mode, ...words.modes[mode] }))}
          onChange={(trafficWhileWaiting) => set({ trafficWhileWaiting })}
        />
        {policy.trafficWhileWaiting !== 'off' && (
          <div className="nested stack">
            <Switch
              label={words.allowLan}
              hint={words.allowLanText}
              isOn={policy.guardAllowLan}
              onChange={(guardAllowLan) => set({ guardAllowLan })}
            />
            <TextField
              label={words.portal}
              hint={words.portalHint}
              inputMode="numeric"
              value={draft.portalMinutes}
              error={errors.portalMinutes ? words.range(PORTAL_MINUTES.least, PORTAL_MINUTES.most) : null}
              onChange={(portalMinutes) => onChange({ ...draft, portalMinutes })}
            />
            <Switch
              label={words.userMayRelease}
              hint={words.userMayReleaseText}
              isOn={policy.guardUserMayRelease}
              onChange={(guardUserMayRelease) => set({ guardUserMayRelease })}
            />
          </div>
        )}
      </section>
    </>
  );
}
