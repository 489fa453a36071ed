# Prints C structs and descriptor tables from wit/ into ${GEN_DIR} (see tools/witgen).
set(WITGEN_OUTPUTS)
if(EXISTS ${CMAKE_SOURCE_DIR}/tools/witgen/main.c)
  add_executable(witgen ${WITGEN_SOURCES})
  target_include_directories(witgen PRIVATE src)
  include(${CMAKE_SOURCE_DIR}/tools/witgen/outputs.cmake)
endif()
