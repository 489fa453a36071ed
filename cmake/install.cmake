# The library as others use it, and what `cmake --install` puts where. The shared library
# holds engine and llhttp and shows only what the public headers declare; the static one needs the engine's
# archive beside it.
if(WITHY_SANITIZE OR WITHY_FUZZ)
  return()
endif()
include(GNUInstallDirs)

file(GLOB WITHY_HEADERS CONFIGURE_DEPENDS include/*.h include/withy/*.h)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${WITHY_HEADERS})
set(symbols)
foreach(header ${WITHY_HEADERS})
  file(STRINGS ${header} lines REGEX "^WITHY_API ")
  foreach(line ${lines})
    string(REGEX MATCH "withy_[a-z0-9_]+\\(" name ${line})
    string(REPLACE "(" ";" name ${name})
    string(APPEND symbols "  ${name}\n")
  endforeach()
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/libwithy.map
     CONTENT "{\nglobal:\n@symbols@local: *;\n};\n" @ONLY)

add_library(withy_shared SHARED $<TARGET_OBJECTS:withy_objects>)
target_link_libraries(withy_shared PRIVATE withy_deps)
target_link_options(withy_shared PRIVATE -Wl,--version-script=${CMAKE_BINARY_DIR}/libwithy.map
                                         -Wl,--no-undefined -Wl,--gc-sections)
set_target_properties(withy_shared PROPERTIES
  # Until 1.0 each minor version may change what is in the headers.
  OUTPUT_NAME withy VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
  LINK_DEPENDS ${CMAKE_BINARY_DIR}/libwithy.map)

# libwithy.a with llhttp inside; the engine stands beside it under its own name.
add_library(withy_archive STATIC $<TARGET_OBJECTS:withy_objects> $<TARGET_OBJECTS:llhttp>)
set_target_properties(withy_archive PROPERTIES
  OUTPUT_NAME withy ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/install)
get_filename_component(ENGINE_NAME ${ENGINE_LIBRARY} NAME_WE)
string(REGEX REPLACE "^lib" "" ENGINE_NAME ${ENGINE_NAME})

string(REPLACE ";" " " ENGINE_PULL_FLAGS "${ENGINE_PULL}")
# Relative to the file itself: the prefix is chosen when installing.
file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
# What the static library needs beside it.
set(WITHY_NEEDS "-l${ENGINE_NAME} -luv -lsqlite3 -lcrypto -lhiredis -ljansson -lz ${ENGINE_PULL_FLAGS} -lpthread -ldl -lm")
if(WITHY_LLM)
  string(PREPEND WITHY_NEEDS "-lllama -lggml -lggml-cpu -lggml-base -lstdc++ ")
  install(FILES ${LLAMA_LIBRARIES} DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
foreach(name libwithy libwithy-static)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/${name}.pc.in ${CMAKE_BINARY_DIR}/install/${name}.pc @ONLY)
endforeach()

install(TARGETS withy_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS withy_archive ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET withy)
  install(TARGETS withy RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
# Where the engine is a shared library. A path that is only for the installed program leaves room for
# it in the built one, which would look for its libraries in the current directory then.
if(ENGINE_LIBRARY MATCHES "\\.so")
  set_target_properties(withy_shared PROPERTIES INSTALL_RPATH "$ORIGIN")
  if(TARGET withy)
    set_target_properties(withy PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  endif()
endif()
install(FILES ${ENGINE_LIBRARY} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_BINARY_DIR}/install/libwithy.pc ${CMAKE_BINARY_DIR}/install/libwithy-static.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})


# --- manual pages and completions, printed by the command itself ---
if(TARGET withy)
  file(STRINGS ${CMAKE_SOURCE_DIR}/src/cli/verbs.def verbs REGEX "^WY_VERB")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/cli/verbs.def)
  set(printed)
  function(print_by_command path) # what follows are the arguments
    set(output ${CMAKE_BINARY_DIR}/share/${path})
    get_filename_component(folder ${output} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(OUTPUT ${output} COMMAND withy ${ARGN} > ${output} DEPENDS withy VERBATIM
                       COMMENT "Printing ${path}")
    set(printed ${printed} ${output} PARENT_SCOPE)
  endfunction()
  print_by_command(man/withy.1 help --man)
  foreach(line ${verbs})
    string(REGEX REPLACE "^WY_VERB\\(([a-z]+).*" "\\1" verb ${line})
    print_by_command(man/withy-${verb}.1 help --man ${verb})
  endforeach()
  print_by_command(completions/withy completions bash)
  print_by_command(completions/_withy completions zsh)
  print_by_command(completions/withy.fish completions fish)
  add_custom_target(pages ALL DEPENDS ${printed})
  install(DIRECTORY ${CMAKE_BINARY_DIR}/share/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${CMAKE_BINARY_DIR}/share/completions/withy
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${CMAKE_BINARY_DIR}/share/completions/_withy
          DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${CMAKE_BINARY_DIR}/share/completions/withy.fish
          DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
