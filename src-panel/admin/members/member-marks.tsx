import type { MemberSummary } from '../../../src-shared/panel/members.ts';
import { Badge } from '../../parts/badge.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

/** What is to be known of a member at a glance. */
export function MemberMarks({ member }: { member: MemberSummary }) {
  const { marks } = useAdminWords().a.members;
  return (
    <span className="marks">
      {member.isBlocked ? (
        <Badge tone="stopped">{marks.blocked}</Badge>
      ) : (
        <Badge tone="on">{marks.active}</Badge>
      )}
      {member.mfa === 'none' && <Badge tone="off">{marks.noMfa}</Badge>}
      {member.mfa === 'disabled' && <Badge tone="gate">{marks.mfaDisabled}</Badge>}
      {member.hasPendingReset && <Badge tone="busy">{marks.resetPending}</Badge>}
    </span>
  );
}
