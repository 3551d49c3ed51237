// SPDX-License-Identifier: MIT
import type { Needs } from './pages';
import { is_admin, is_staff } from './session';

export const may_see = (needs: Needs): boolean =>
  needs === 'nobody' || needs === 'somebody' || (needs === 'staff' && is_staff.value) || (needs === 'admin' && is_admin.value);
