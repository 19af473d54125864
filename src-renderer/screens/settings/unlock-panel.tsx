import { Button } from '../../../src-ui/parts/button.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { openSetUp } from '../../store/view-store.ts';
import { useWords } from '../../strings/use-words.ts';
import { BiometricsRow } from './biometrics-row.tsx';
import { PinRow } from './pin-row.tsx';

/** How this device is unlocked before a connection. */
export function UnlockPanel() {
  const { t, w } = useWords();
  const isAsked = useSnapshot((s) => s.policy?.unlockPriorConnection === true);
  const enrolled = useSnapshot((s) => s.unlock.enrolled);
  const keychain = useSnapshot((s) => s.keychain);
  const hasAny = enrolled !== null && (enrolled.pin || enrolled.uvHw || enrolled.uvSoft);
  return (
    <section className="panel" aria-labelledby="settings-unlock">
      <h2 id="settings-unlock">{w.settings.unlock}</h2>
      <p className="hint">{isAsked ? w.unlock.settings.asked : w.unlock.settings.notAsked}</p>
      {keychain === 'locked' && <p className="unlock-note">{t.problems['keychain-locked']}</p>}
      {keychain === 'unavailable' && <p className="unlock-note">{w.help.keychainUnavailable}</p>}
      {keychain === 'absent' && hasAny && (
        <div className="unlock-note panel-row">
          <p>{w.unlock.settings.keyLost}</p>
          <Button onPress={() => openSetUp('again')}>{w.unlock.gate.setUpAgain}</Button>
        </div>
      )}
      {enrolled === null ? (
        <p className="hint" role="status">
          {w.unlock.settings.loading}
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
