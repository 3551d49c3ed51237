// SPDX-License-Identifier: MIT
import { render } from 'preact';
import { start_list } from './chat/list_store';
import { start_removing } from './chat/remove';
import { start_threads } from './chat/threads';
import { start_watching } from './events/watch';
import { App } from './shell/app';
import { start_router } from './shell/location';
import { start_session } from './shell/session';

start_router();
start_list();
start_removing();
start_threads();
start_watching();
start_session();
render(<App />, document.getElementById('app')!);
