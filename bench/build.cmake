# Benchmarks: every bench/x.c is one program, build/bench/bench_x.
set(BENCH_GEN ${CMAKE_BINARY_DIR}/bench_gen)
file(MAKE_DIRECTORY ${BENCH_GEN}/gen)
set(BENCH_SOURCES_GEN)
foreach(prefix wit bench_calls_shapes bench_calls_loops)
  list(APPEND BENCH_SOURCES_GEN ${BENCH_GEN}/gen/${prefix}.c ${BENCH_GEN}/gen/${prefix}.h)
endforeach()
add_custom_command(
  OUTPUT ${BENCH_SOURCES_GEN}
  COMMAND witgen --out ${BENCH_GEN}/gen --wit bench/data/calls.wit --interface
          bench:calls/shapes@1.0.0 bench:calls/loops@1.0.0
  COMMAND ${CMAKE_COMMAND} -E touch ${BENCH_SOURCES_GEN}
  DEPENDS witgen ${CMAKE_SOURCE_DIR}/bench/data/calls.wit
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
  VERBATIM)

file(GLOB BENCH_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/*.c)
foreach(source ${BENCH_SOURCES})
  get_filename_component(name ${source} NAME_WE)
  add_executable(bench_${name} ${source})
  target_link_libraries(bench_${name} PRIVATE withy_static)
  target_compile_definitions(bench_${name} PRIVATE WITHY_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  set_target_properties(bench_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
endforeach()
target_sources(bench_calls PRIVATE ${BENCH_SOURCES_GEN})
target_include_directories(bench_calls BEFORE PRIVATE ${BENCH_GEN})
