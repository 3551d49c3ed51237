// SPDX-License-Identifier: MIT
// The pages besides the chat come as one file: they share most of what they are made of.
export { CasesPage } from '../cases/list';
export { CaseTypesPage } from '../cases/types';
export { ClientsPage } from '../clients/list';
export { ClientPage } from '../clients/record';
export { TranscriptPage } from '../clients/transcript';
export { DashboardPage } from '../dashboard/page';
export { AccountPage } from '../people/account';
export { PeoplePage } from '../people/page';
