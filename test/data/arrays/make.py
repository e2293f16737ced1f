"""Writes the arrays of this folder with numpy (2.4); numpy.test.ts holds what they contain."""

import numpy as np

ramp = np.arange(-3, 3)
for dtype in ['<f2', '<f4', '>f4', '<f8', '>f8', '|i1', '<i2', '>i2', '<i4', '<i8', '>i8']:
    np.save('ramp' + {'<': '', '|': '', '>': '-big'}[dtype[0]] + '-' + dtype[1:], ramp.astype(dtype).reshape(2, 3))
for dtype in ['|u1', '<u2', '<u4', '<u8']:
    np.save('ramp-' + dtype[1:], np.arange(6).astype(dtype).reshape(2, 3))
np.save('booleans', np.array([True, False, True]))
np.save('fortran', np.asfortranarray(np.arange(24, dtype='<f4').reshape(2, 3, 4)))
np.save('scalar', np.float32(2.5))
np.save('empty', np.zeros((0, 3), '<f4'))
np.save('complex', np.zeros(2, 'complex64'))
np.save('text', np.array(['a', 'b']))
np.save('structured', np.zeros(2, [('x', '<f4'), ('y', '<i4')]))
np.lib.format.write_array(open('version-2.npy', 'wb'), np.arange(3, dtype='<f4'), version=(2, 0))
np.savez('stored.npz', first=np.arange(4, dtype='<f4'), **{'layer/second': np.ones((2, 2))})
np.savez_compressed('deflated.npz', zeros=np.zeros(1000, '<f4'), ramp=np.arange(5, dtype='<i8'))
