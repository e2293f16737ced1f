{
  # Builds the same addon as CMakeLists.txt, where CMake is missing.
  "variables": { "openssl_fips": "" },
  "target_defaults": {
    "include_dirs": [
      "native",
      "native/third_party",
      "<!(node -p \"require('node-addon-api').include_dir\")"
    ],
    "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_DEPRECATED", "EIGEN_MPL2_ONLY"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17"],
    "cflags_cc": ["-std=c++20", "-O3", "-Wall", "-Wextra", "-fvisibility=hidden", "-ffp-contract=off"]
  },
  "targets": [
    {
      "target_name": "vector_portable",
      "type": "static_library",
      "sources": ["native/kernels/vector/portable.cpp"],
      "cflags_cc": ["-ffp-contract=fast", "-fno-math-errno"]
    },
    {
      "target_name": "gdws",
      "sources": ["<!@(node scripts/native-sources.mjs)"],
      "cflags_cc": ["-fopenmp"],
      "ldflags": ["-fopenmp", "-static-libstdc++", "-static-libgcc", "-Wl,-z,nodelete", "-Wl,-rpath,'$$ORIGIN'"],
      "dependencies": ["vector_portable"],
      "conditions": [
        ["target_arch=='x64'", { "dependencies": ["vector_avx2", "vector_avx512", "integer_avx2", "integer_avx512", "integer_avx512vbmi"] }],
        ["target_arch=='arm64'", { "dependencies": ["vector_neon", "integer_dotprod"] }]
      ]
    }
  ],
  "conditions": [
    [
      "target_arch=='x64'",
      {
        "targets": [
          {
            "target_name": "vector_avx2",
            "type": "static_library",
            "sources": ["native/kernels/vector/avx2.cpp"],
            "cflags_cc": ["-mavx2", "-mfma", "-ffp-contract=fast", "-fno-math-errno"]
          },
          {
            "target_name": "vector_avx512",
            "type": "static_library",
            "sources": ["native/kernels/vector/avx512.cpp"],
            "cflags_cc": [
              "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "-ffp-contract=fast", "-fno-math-errno"
            ]
          },
          {
            "target_name": "integer_avx2",
            "type": "static_library",
            "sources": ["native/kernels/vector/integer_avx2.cpp", "native/kernels/vector/integer_avxvnni.cpp"],
            "cflags_cc": ["-mavx2", "-mfma"]
          },
          {
            "target_name": "integer_avx512",
            "type": "static_library",
            "sources": ["native/kernels/vector/integer_avx512.cpp", "native/kernels/vector/integer_avx512vnni.cpp"],
            "cflags_cc": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma"]
          },
          {
            "target_name": "integer_avx512vbmi",
            "type": "static_library",
            "sources": ["native/kernels/vector/integer_avx512vbmi.cpp", "native/kernels/vector/integer_amx.cpp"],
            "cflags_cc": [
              "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512vbmi", "-mfma"
            ]
          }
        ]
      }
    ],
    [
      "target_arch=='arm64'",
      {
        "targets": [
          {
            "target_name": "vector_neon",
            "type": "static_library",
            "sources": ["native/kernels/vector/neon.cpp"],
            "cflags_cc": ["-ffp-contract=fast", "-fno-math-errno"]
          },
          {
            "target_name": "integer_dotprod",
            "type": "static_library",
            "sources": ["native/kernels/vector/integer_dotprod.cpp"],
            "cflags_cc": ["-march=armv8.2-a+dotprod"]
          }
        ]
      }
    ]
  ]
}
