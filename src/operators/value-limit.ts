/** Programs are compiled for the values of inputs with at most this number of elements. */
export const maxValueElements = 64;
