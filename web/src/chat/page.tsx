// SPDX-License-Identifier: MIT
import { ConversationList } from './list';
import { ThreadView } from './thread_view';
import { thread_of } from './threads';

export function ChatPage({ id }: { id: string }) {
  return (
    <div class="chat">
      <ConversationList />
      <ThreadView thread={thread_of(id)} />
    </div>
  );
}
