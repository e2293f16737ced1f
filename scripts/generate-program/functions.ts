import { enumerations } from '../../src/program/schema';
import { banner, documentation, enumeration, uncapitalized } from './cpp';
import { enumerationComments } from './enumeration-comments';

/** `native/program/functions.h`: the names that attributes may take, numbered. */
export function functionsHeader(): string {
  const comments = enumerationComments();
  const parts = Object.entries(enumerations).map(
    ([name, members]) =>
      documentation(comments.get(name) ?? '') +
      enumeration({ name, count: `${uncapitalized(name)}Count`, macro: macroOf(name) }, members),
  );
  return `${banner}
// The instruction sets' units include it: no header of the standard C++ library may be included here.
#pragma once

#include <stdint.h>

namespace gdws {

${parts.join('\n')}
}  // namespace gdws
`;
}

/** `UnaryFunction` as `GDWS_UNARY_FUNCTIONS`. */
function macroOf(name: string): string {
  return `GDWS_${uncapitalized(name).replace(/[A-Z]/g, '_$&').toUpperCase()}S`;
}
