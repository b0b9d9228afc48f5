# make demo: the main job. make test: every clause. Both install what is missing.

# Optimised, because loops without it run 13 to 16 times slower; in a folder of its own, because
# other flags rebuild everything. Plain `swift test` passes too, in minutes.
TEST_BUILD = --scratch-path .build-test -Xswiftc -O -Xcc -O2
# One line a suite, failures, and the table at the end. Swift Testing prints two lines a test unless it is
# told to be quiet, which only the command line can do: VERBOSE=1 lets it.
TEST_FLAGS = --skip-build --disable-xctest $(TEST_BUILD) $(if $(VERBOSE),,--quiet) \
	$(if $(FILTER),--filter '$(FILTER)')
FOX = .build/release/fox

SECONDS = 60
SEED = 1

BOOK = .build-test/book

.PHONY: demo mpi test test-heavy book exercises fuzz soak sanitize lint format goldens bench release bootstrap

demo: release
	$(FOX) beam "The brown fox jumps" --beams 5 --steps 10
	$(FOX) beam "Once upon a time, in a barn near a farm house," --beams 3 --steps 20

# Training in several processes: .build-mpi/release/fox, to be started by mpirun.
mpi: bootstrap
	@.ci/mpi
	swift build -c release --scratch-path .build-mpi --traits MPI --product fox

release: bootstrap
	swift build -c release --product fox

# FILTER='BEAM-3\b' runs a clause, FILTER=BeamSearchTests a suite.
test: bootstrap
	swift build --build-tests $(TEST_BUILD)
	swift test $(TEST_FLAGS)

# The Book as pages, with the proof of one run of the tests beside the code: begin with
# .build-test/book/pages/index.html. A clause that is not verified ends it; BOOK_FLAGS=--allow-gaps shows it
# on the pages instead.
book: release
	swift build --build-tests $(TEST_BUILD)
	swift build $(TEST_BUILD) --product foxbook
	rm -rf $(BOOK) && mkdir -p $(BOOK)/attachments $(BOOK)/pages
	-swift test $(TEST_FLAGS) --event-stream-output-path $(BOOK)/events.jsonl \
		--attachments-path $(BOOK)/attachments
	$(FOX) homework verify --json >$(BOOK)/verification.json
	$(FOX) report $(BOOK)/pages/report.html
	.build-test/debug/foxbook --events $(BOOK)/events.jsonl --out $(BOOK)/pages \
		--verification $(BOOK)/verification.json --report report.html $(BOOK_FLAGS)

# Full size and real data (FOX_DATA), one test after the other: minutes.
test-heavy: bootstrap
	swift build --build-tests $(TEST_BUILD)
	FOX_HEAVY=1 swift test $(TEST_FLAGS) --no-parallel

# Mutated files for every reader, SECONDS for each, under AddressSanitizer; a single allocation over 66 MB
# ends the run. TARGETS="tables runs" names some of them.
fuzz: bootstrap
	swift build --scratch-path .build-fuzz --sanitize=address -Xswiftc -O -Xcc -O2 --product foxfuzz
	ASAN_OPTIONS=max_allocation_size_mb=66:detect_leaks=1 LSAN_OPTIONS=suppressions=.ci/leaks.txt \
		.build-fuzz/debug/foxfuzz Golden $(SECONDS) $(SEED) $(TARGETS)

# The library, used again and again for ten minutes, in a memory that may not grow; a minute of it is in
# test-heavy.
soak: bootstrap
	swift build --build-tests $(TEST_BUILD)
	FOX_HEAVY=1 FOX_SOAK_SECONDS=600 swift test --skip-build --disable-xctest $(TEST_BUILD) \
		--filter 'SOAK-1\b'

# Loops on several threads, under ThreadSanitizer.
sanitize: bootstrap
	swift test --disable-xctest --scratch-path .build-tsan --sanitize=thread -Xcc -DFOX_NO_CLONES \
		--filter 'FoxKernelsTests\.(WorkersTests|ParallelTests)'

# Right and wrong solutions of the exercises: both verdicts.
exercises: bootstrap
	.ci/exercises/run

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Exercises

format:
	swift format --in-place --recursive Package.swift Sources Tests Exercises

# Records the reference's outputs anew; needs Golden/record/setup.sh once.
goldens:
	Golden/record/all.sh

# Ours and the reference in turn (when Golden/record/setup.sh was run); BENCH_FLAGS=--quick for less.
bench: bootstrap
	swift build -c release
	Benchmarks/run.sh $(BENCH_FLAGS)

bootstrap:
	@.ci/bootstrap
