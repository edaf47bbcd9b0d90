#!/bin/bash -eu
# Builds the harnesses into $OUT, each with its corpus, as projects/wsspec/build.sh of OSS-Fuzz. Runs in its container.

python3 -m pip install .

for harness in \
    fuzz_connection \
    fuzz_deflate \
    fuzz_examiner \
    fuzz_extensions \
    fuzz_handshake \
    fuzz_observer \
    fuzz_records \
    fuzz_reports
do
    # The catalogue, the templates and the schemas are data files, and cases are found in packages.
    compile_python_fuzzer "fuzz/harnesses/$harness.py" \
        --paths fuzz/harnesses \
        --collect-all ws_conformance \
        --collect-all ws_reports

    zip --quiet --junk-paths --recurse-paths "$OUT/${harness}_seed_corpus.zip" "fuzz/corpus/$harness"

    printf '[libfuzzer]\nmax_len = 4096\n' > "$OUT/$harness.options"
done
