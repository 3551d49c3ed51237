// SPDX-License-Identifier: MIT

/** As a `ref`: the element has the focus when it appears, and is left alone afterwards. */
export const take_focus = (element: HTMLElement | null): void => element?.focus();
