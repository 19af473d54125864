import { useState } from 'react';
import { Button } from '../../../src-ui/parts/button.tsx';
import { Link } from '../../frame/link.tsx';
import { Page } from '../../frame/page.tsx';
import { DoneNote } from '../../parts/done-note.tsx';
import { LoadFrame } from '../../parts/load-frame.tsx';
import { navigate } from '../../store/location-store.ts';
import { type Loaded, useLoad } from '../../store/use-load.ts';
import { loadMember, type Member } from '../api/members-api.ts';
import { dateText } from '../parts/moment.tsx';
import { useRefresh } from '../parts/use-refresh.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { DisconnectMember } from './disconnect-member.tsx';
import { EditMember } from './edit-member.tsx';
import { MemberAccess } from './member-access.tsx';
import { MemberConnections, MemberDevices } from './member-devices.tsx';
import { MemberFactor } from './member-factor.tsx';
import { MemberMarks } from './member-marks.tsx';

const REFRESH_MS = 10_000;

/** One member: what is known, and everything that can be done about it. */
export function MemberPage({ memberId }: { memberId: string }) {
  const { a } = useAdminWords();
  const member = useLoad(`member ${memberId}`, (signal) => loadMember(memberId, { signal }));
  const [done, setDone] = useState<string | null>(null);
  const [dialog, setDialog] = useState<'edit' | 'disconnect' | null>(null);
  const isFollowing = dialog === null && member.value !== null;
  useRefresh(() => loadMember(memberId, { isBackground: true }), member.put, REFRESH_MS, isFollowing);
  const shown = member.value;
  return (
    <Page
      title={shown?.name ?? a.members.title}
      {...(shown ? { text: shown.email } : {})}
      isWide
      actions={
        shown && (
          <>
            {shown.may.edit && <Button onPress={() => setDialog('edit')}>{a.member.edit}</Button>}
            {shown.may.disconnect && (
              <Button look="danger" onPress={() => setDialog('disconnect')}>
                {a.member.disconnect}
              </Button>
            )}
          </>
        )
      }
    >
      <nav className="back" aria-label={a.member.back}>
        <Link to="/members">← {a.member.back}</Link>
      </nav>
      <DoneNote text={done} />
      <LoadFrame loaded={member} lines={8}>
        {(value) => <MemberParts member={value} loaded={member} onDone={setDone} />}
      </LoadFrame>
      {dialog === 'edit' && shown && (
        <EditMember
          member={shown}
          onCancel={() => setDialog(null)}
          onDone={(value) => {
            member.put(value);
            setDialog(null);
            setDone(a.member.saved);
          }}
        />
      )}
      {dialog === 'disconnect' && shown && (
        <DisconnectMember
          member={shown}
          onClose={(isDone) => {
            setDialog(null);
            if (isDone) void member.reload();
          }}
        />
      )}
    </Page>
  );
}

interface MemberPartsProps {
  member: Member;
  loaded: Loaded<Member>;
  onDone: (text: string) => void;
}

function MemberParts({ member, loaded, onDone }: MemberPartsProps) {
  const { a, locale } = useAdminWords();
  const taken = (text: string) => (value: Member) => {
    loaded.put(value);
    onDone(text);
  };
  return (
    <>
      <p className="member-line">
        <MemberMarks member={member} /> <span>{a.roles[member.role]}</span>
        <span className="hint">{a.member.since(dateText(member.createdAt, locale))}</span>
        <Link to={`/audit?subject=${encodeURIComponent(`member:${member.id}`)}`}>{a.member.log}</Link>
      </p>
      <div className="columns">
        <MemberConnections member={member} />
        <MemberFactor
          member={member}
          onEnabled={taken(a.member.enabled)}
          onChanged={async (text) => {
            await loaded.reload();
            onDone(text);
          }}
        />
      </div>
      <MemberDevices member={member} />
      <MemberAccess
        member={member}
        onChanged={(value) => taken(value.isBlocked ? a.member.blocked : a.member.unblocked)(value)}
        onRemoved={() => navigate('/members', true)}
      />
    </>
  );
}
