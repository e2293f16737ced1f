const fc = require('fast-check');

// The same cases in every run, so that a failure is of the change at hand. GDWS_SEED=random looks for new ones.
if (process.env.GDWS_SEED === 'random') process.env.GDWS_SEED = `${Date.now() % 2 ** 31}`;
fc.configureGlobal({ seed: Number(process.env.GDWS_SEED ?? 20) });
