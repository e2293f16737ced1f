/** What limits of time are multiplied with: sanitizers make processes several times as slow, and emulators more. */
export const patience = process.env.GDWS_EMULATED ? 20 : process.env.GDWS_SANITIZER ? 10 : 1;
