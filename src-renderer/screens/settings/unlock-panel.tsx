import { Button } from '../../../src-ui/parts/button.tsx';
import { useLanguage } from '../../../src-ui/strings/use-strings.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { openSetUp } from '../../store/view-store.ts';
import { BiometricsRow } from './biometrics-row.tsx';
import { PinRow } from './pin-row.tsx';

/** How this device is unlocked before a connection. */
export function UnlockPanel() {
  const { t } = useLanguage();
  const isAsked = useSnapshot((s) => s.policy?.unlockPriorConnection === true);
  const enrolled = useSnapshot((s) => s.unlock.enrolled);
  const keychain = useSnapshot((s) => s.keychain);
  const hasAny = enrolled !== null && (enrolled.pin || enrolled.uvHw || enrolled.uvSoft);
  return (
    <section className="panel" aria-labelledby="settings-unlock">
      <h2 id="settings-unlock">{t.settings.unlock}</h2>
      <p className="hint">{isAsked ? t.unlock.settings.asked : t.unlock.settings.notAsked}</p>
      {keychain === 'locked' && <p className="unlock-note">{t.problems['keychain-locked']}</p>}
      {keychain === 'unavailable' && <p className="unlock-note">{t.help.keychainUnavailable}</p>}
      {keychain === 'absent' && hasAny && (
        <div className="unlock-note panel-row">
          <p>{t.unlock.settings.keyLost}</p>
          <Button onPress={() => openSetUp('again')}>{t.unlock.gate.setUpAgain}</Button>
        </div>
      )}
      {enrolled === null ? (
        <p className="hint" role="status">
          {t.unlock.settings.loading}
        </p>
      ) : (
        <div className="unlock-rows">
          <PinRow isSet={enrolled.pin} />
          <BiometricsRow enrolled={enrolled} />
        </div>
      )}
    </section>
  );
}
