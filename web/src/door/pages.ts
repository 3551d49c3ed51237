// SPDX-License-Identifier: MIT
// The pages before one is in, as one file.
export { RegisterPage } from './register';
export { SetupPage } from './setup';
export { SignInPage } from './sign_in';
