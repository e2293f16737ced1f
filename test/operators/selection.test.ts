import { selectionCases } from './cases/selection';
import { checkCases } from './check';

checkCases(selectionCases);
