/** gdws in browsers. The types are those of the package gdws, which does not need to be there otherwise. */
export * from 'gdws/browser';
