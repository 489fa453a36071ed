# Prints C structs and descriptor tables from wit/ into ${GEN_DIR} (see tools/witgen).
set(WITGEN_OUTPUTS)
if(EXISTS ${CMAKE_SOURCE_DIR}/tools/witgen/main.c)
  # Layout comes from the library's own code, so that the two cannot differ.
  list(APPEND WITGEN_SOURCES ${CMAKE_SOURCE_DIR}/src/value/type.c)
  list(FILTER WITGEN_SOURCES EXCLUDE REGEX "_fuzz\\.c$")
  add_executable(witgen ${WITGEN_SOURCES})
  target_include_directories(witgen PRIVATE src tools/witgen)
  include(${CMAKE_SOURCE_DIR}/tools/witgen/outputs.cmake)
endif()
