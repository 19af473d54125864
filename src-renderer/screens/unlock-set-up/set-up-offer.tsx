import { useSnapshot } from '../../store/snapshot-store.ts';
import { openSetUp, putAside } from '../../store/view-store.ts';
import { Intro, Lockout } from './lockout.tsx';
import { UnlockSetUp } from './unlock-set-up.tsx';
import type { Offer } from './use-offer.ts';

export function SetUpOffer({ offer }: { offer: Offer }) {
  const connection = useSnapshot((s) => s.connection);
  const later = () => putAside(connection);
  const start = () => openSetUp('all');
  switch (offer.kind) {
    case 'locked-out':
      return <Lockout onSetUp={start} onLater={later} />;
    case 'not-set-up':
      return <Intro onSetUp={start} onLater={later} />;
    case 'set-up':
      return (
        <UnlockSetUp
          goal={offer.goal}
          onClose={() => {
            later();
            openSetUp(null);
          }}
        />
      );
  }
}
