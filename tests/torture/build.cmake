# Torture: the library with its calls of malloc and its like led to tests/torture/inject.c, and with
# arenas that ask the system for every piece. Only withy's own allocations fail: the engine and other
# libraries keep theirs.
if(WITHY_TESTS)
  set(TORTURE_DIR ${CMAKE_SOURCE_DIR}/tests/torture)
  set(TORTURE_LIBRARY ${CMAKE_BINARY_DIR}/libwithy_torture.a)
  add_custom_command(
    OUTPUT ${TORTURE_LIBRARY}
    COMMAND ${CMAKE_OBJCOPY} --redefine-syms=${TORTURE_DIR}/symbols.txt $<TARGET_FILE:withy_static>
            ${TORTURE_LIBRARY}
    COMMAND ${CMAKE_AR} d ${TORTURE_LIBRARY} arena.c.o
    DEPENDS withy_static ${TORTURE_DIR}/symbols.txt
    VERBATIM)
  add_custom_target(torture_library DEPENDS ${TORTURE_LIBRARY})
  add_library(torture_arena OBJECT ${CMAKE_SOURCE_DIR}/src/base/arena.c)
  target_include_directories(torture_arena PRIVATE src)
  target_compile_definitions(torture_arena PRIVATE WY_ARENA_CHUNK_FIRST=1 WY_ARENA_CHUNK_DOUBLED=1 WY_ARENA_CHUNK_LAST=1
                             malloc=torture_malloc free=torture_free)
  foreach(name torture torture_embed)
    string(REPLACE torture_ "" source ${name})
    add_executable(${name} ${TORTURE_DIR}/${source}.c ${TORTURE_DIR}/inject.c
                           $<TARGET_OBJECTS:torture_arena>)
    add_dependencies(${name} torture_library)
    target_include_directories(${name} PRIVATE src include ${CMAKE_BINARY_DIR})
    target_link_libraries(${name} PRIVATE ${TORTURE_LIBRARY} withy_deps)
    target_link_options(${name} PRIVATE -rdynamic)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_compile_definitions(${name} PRIVATE WITHY_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  endforeach()
  file(GLOB TORTURE_FILES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/data/*/*.wasm)
  add_test(NAME torture COMMAND torture ${TORTURE_FILES})
  add_test(NAME torture_embed COMMAND torture_embed)
  set_tests_properties(torture torture_embed PROPERTIES TIMEOUT 900)
endif()
