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
EVENTS = $(BOOK)/events.jsonl
# What a run of the tests says something about.
WATCHED = Package.swift SPEC.md README.md Sources Tests Golden Documentation Weights
# A run of all tests leaves its events and what the tests have compared; part of a run leaves nothing.
RUN_TESTS = $(if $(FILTER),,rm -rf $(BOOK)/attachments $(EVENTS) && mkdir -p $(BOOK)/attachments &&) \
	$(HEAVY) swift test $(TEST_FLAGS) $(if $(FILTER),,--event-stream-output-path $(EVENTS) \
	--attachments-path $(BOOK)/attachments)

# Where `make install` puts fox and what it needs to run elsewhere.
PREFIX = /usr/local

.PHONY: demo mpi test test-mpi test-heavy book docs exercises fuzz soak sanitize lint format goldens bench release \
	static install deb bootstrap

demo:
	@test -x $(FOX) || echo "building fox, once: about 4 minutes on two processors; then two searches"
	@$(MAKE) --no-print-directory release
	$(FOX) beam "The brown fox jumps" --beams 5 --steps 10
	$(FOX) beam "Once upon a time, in a barn near a farm house," --beams 3 --steps 20

# Training in several processes: .build-mpi/release/fox, to be started by mpirun.
mpi: bootstrap
	@.ci/mpi
	swift build -c release --scratch-path .build-mpi --traits MPI --product fox

release: bootstrap
	swift build -c release --product fox

# With Swift's own libraries in the program, so that it runs where Swift is not installed.
static: bootstrap
	swift build -c release --product fox --static-swift-stdlib

# Program, model, manual pages, completions: `make install PREFIX=$$HOME/.local`.
install: static
	.ci/install $(FOX) "$(DESTDIR)$(PREFIX)"

# The same as a Debian package, in .build-deb.
deb: static
	.ci/deb $(FOX)

# FILTER='BEAM-3\b' runs a clause, FILTER=BeamSearchTests a suite. A run of all tests is kept for the book.
test: bootstrap
	swift build --build-tests $(TEST_BUILD)
	$(RUN_TESTS)

# Ranks that mpirun starts, and kills of them: tier MPI. FOX_HEAVY=1 kills more of them.
test-mpi: mpi
	swift build --build-tests $(TEST_BUILD)
	FOX_MPI=$(CURDIR)/.build-mpi/release/fox swift test --skip-build --disable-xctest $(TEST_BUILD) \
		--filter 'MPI-[0-9]+\b'

# Full size and real data (FOX_DATA), one test after the other: minutes.
test-heavy: HEAVY = FOX_HEAVY=1
test-heavy: bootstrap
	swift build --build-tests $(TEST_BUILD)
	$(RUN_TESTS) --no-parallel

# The Book as pages, with the proof of one run of the tests beside the code: begin with
# .build-test/book/pages/index.html. The run is the last one of all tests, if nothing has changed since; else
# it is made. A clause whose test failed, or did not run and says no reason, ends it; BOOK_FLAGS=--allow-gaps
# shows it on the pages instead.
book: release
	swift build --build-tests $(TEST_BUILD)
	@if [ -n "$$(find $(WATCHED) -newer $(EVENTS) -type f -print -quit 2>&1)" ]; then \
		echo "running the tests"; $(MAKE) --no-print-directory test FILTER= || true; \
	else echo "the last run of the tests is of these sources"; fi
	rm -rf $(BOOK)/pages && mkdir -p $(BOOK)/pages
	$(FOX) homework verify --json >$(BOOK)/verification.json
	$(FOX) report $(BOOK)/pages/report.html --book
	.build-test/debug/foxbook --events $(EVENTS) --out $(BOOK)/pages \
		--verification $(BOOK)/verification.json --report report.html $(BOOK_FLAGS)

# The public declarations as pages, .build-docs/html, for a web server.
docs: bootstrap
	.ci/docs

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
	swift format lint --strict --recursive Package.swift Sources Tests Exercises Examples

format:
	swift format --in-place --recursive Package.swift Sources Tests Exercises Examples

# Records the reference's outputs anew; needs Golden/record/setup.sh once.
goldens:
	Golden/record/all.sh

# Ours and the reference in turn (when Golden/record/setup.sh was run); BENCH_FLAGS=--quick for less.
bench: bootstrap
	swift build -c release
	Benchmarks/run.sh $(BENCH_FLAGS)

bootstrap:
	@.ci/bootstrap
