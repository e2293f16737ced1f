/** Builds the addon where gdws is installed. */
export const buildCommand =
  'npm install cmake-js node-addon-api node-api-headers && cd node_modules/gdws && npx cmake-js compile';
