if(NOT WITHY_TESTS)
  return()
endif()

# What witgen printed last for two small interfaces, so that a change shows in review. After a wanted
# change, copy the new file from build/gen/ over the one here.
file(GLOB GOLDEN_FILES ${CMAKE_CURRENT_LIST_DIR}/*.golden)
foreach(golden ${GOLDEN_FILES})
  get_filename_component(name ${golden} NAME)
  string(REGEX REPLACE "\\.golden$" "" name ${name})
  string(REGEX REPLACE "[.]" "_" test witgen_${name})
  add_test(NAME ${test} COMMAND ${CMAKE_COMMAND} -E compare_files ${GEN_DIR}/${name} ${golden})
endforeach()

# A type of every kind, printed and compiled.
set(EVERY_DIR ${CMAKE_BINARY_DIR}/witgen_test)
set(EVERY_SOURCES)
foreach(prefix wit test_gen_base test_gen_every test_gen_later)
  list(APPEND EVERY_SOURCES ${EVERY_DIR}/gen/${prefix}.c ${EVERY_DIR}/gen/${prefix}.h)
endforeach()
file(MAKE_DIRECTORY ${EVERY_DIR}/gen)
add_custom_command(
  OUTPUT ${EVERY_SOURCES}
  COMMAND witgen --out ${EVERY_DIR}/gen --wit tests/gen/every.wit --interface test:gen/base@0.1.0
          test:gen/every@0.1.0 test:gen/later@0.1.0
  COMMAND ${CMAKE_COMMAND} -E touch ${EVERY_SOURCES}
  DEPENDS witgen ${CMAKE_CURRENT_LIST_DIR}/every.wit
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
  VERBATIM)
add_executable(witgen_every_test ${CMAKE_CURRENT_LIST_DIR}/every_test.c ${EVERY_SOURCES})
target_include_directories(witgen_every_test BEFORE PRIVATE ${EVERY_DIR})
target_link_libraries(witgen_every_test PRIVATE withy_static PkgConfig::CMOCKA)
set_target_properties(witgen_every_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                                   ${CMAKE_BINARY_DIR}/tests)
add_test(NAME witgen_every_test COMMAND witgen_every_test)

# What witgen refuses, with what it says.
function(witgen_refuses name says)
  add_test(NAME witgen_refuses_${name}
           COMMAND witgen --out ${EVERY_DIR} --wit tests/gen/refused.wit --interface
                   test:refused/${name}
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(witgen_refuses_${name} PROPERTIES PASS_REGULAR_EXPRESSION "${says}")
endfunction()
witgen_refuses(clash "two things would be called test_refused_clash_x_result in C")
witgen_refuses(clash-in-ops "test:refused/clash-in-ops: a function is called r_drop")
witgen_refuses(missing "types of test:refused/here@ are used, but the interface is not on the list")
witgen_refuses(absent "no interface \"test:refused/absent\" in the files given")
