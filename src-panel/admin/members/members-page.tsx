import { useState } from 'react';
import { Button } from '../../../src-ui/parts/button.tsx';
import { Nowhere } from '../../frame/nowhere.tsx';
import { Page } from '../../frame/page.tsx';
import { navigate } from '../../store/location-store.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { AddMember } from './add-member.tsx';
import { MemberList } from './member-list.tsx';
import { MemberPage } from './member-page.tsx';
import { PendingResets } from './pending-resets.tsx';

/** The list of members, or one of them: "/members" and "/members/<id>". */
export function MembersPage({ rest }: { rest: readonly string[] }) {
  const { w } = useAdminWords();
  const [memberId] = rest;
  if (rest.length > 1) return <Nowhere title={w.start.notFound} text={w.start.notFoundText} />;
  return memberId === undefined ? <Members /> : <MemberPage key={memberId} memberId={memberId} />;
}

function Members() {
  const { a } = useAdminWords();
  const [isAdding, setAdding] = useState(false);
  return (
    <Page
      title={a.members.title}
      text={a.members.text}
      isWide
      actions={
        <Button look="primary" onPress={() => setAdding(true)}>
          {a.members.add}
        </Button>
      }
    >
      <PendingResets />
      <MemberList />
      {isAdding && (
        <AddMember
          onCancel={() => setAdding(false)}
          onDone={(memberId) => {
            setAdding(false);
            navigate(`/members/${memberId}`);
          }}
        />
      )}
    </Page>
  );
}
